-- Replenishment of an item that comes by subscription anyway.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT c.program, c.customer_id, c.subject
FROM considered AS c
INNER JOIN orders AS o ON o.order_id = c.order_id
WHERE c.program = 'replenishment' AND o.is_subscription
