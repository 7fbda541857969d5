-- Subjects whose order was refunded, in part or whole.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT c.program, c.customer_id, c.subject
FROM considered AS c
WHERE EXISTS (SELECT 1 FROM refunds AS r WHERE r.order_id = c.order_id)
