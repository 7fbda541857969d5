-- Replenishment counted from a purchase that never arrived: nobody uses up what they do not have.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT c.program, c.customer_id, c.subject
FROM considered AS c
WHERE
    c.program = 'replenishment'
    AND EXISTS (SELECT 1 FROM line_state AS l WHERE l.order_id = c.order_id AND l.sku = c.sku)
    AND NOT EXISTS (SELECT 1 FROM line_state AS l WHERE l.order_id = c.order_id AND l.sku = c.sku AND l.is_delivered)
