-- Replenishment of an item that comes, or once came, by subscription: nothing tells the shop when one is given up (R61).
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT DISTINCT c.program, c.customer_id, c.subject
FROM considered AS c
INNER JOIN order_lines AS l ON l.sku = c.sku
INNER JOIN orders AS o ON o.order_id = l.order_id
INNER JOIN order_state AS s ON s.order_id = o.order_id AND s.customer_id = c.customer_id
WHERE c.program = 'replenishment' AND o.is_subscription
