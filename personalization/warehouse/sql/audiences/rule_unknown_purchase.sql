-- Subjects whose purchase is not in the data, so that nothing can be checked of it.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT c.program, c.customer_id, c.subject
FROM considered AS c
WHERE NOT EXISTS (SELECT 1 FROM order_state AS o WHERE o.order_id = c.order_id AND o.customer_id = c.customer_id)
