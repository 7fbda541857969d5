-- Subjects whose goods came back: the line itself, the item in its last order, or any line of the order.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT c.program, c.customer_id, c.subject
FROM considered AS c
WHERE EXISTS (
    SELECT 1
    FROM line_state AS l
    WHERE
        l.order_id = c.order_id
        AND l.is_returned
        AND CASE c.program WHEN 'onboarding' THEN l.order_line_id = c.subject WHEN 'replenishment' THEN l.sku = c.sku ELSE TRUE END
)
