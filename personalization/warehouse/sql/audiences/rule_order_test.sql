-- Subjects whose order was a test.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT c.program, c.customer_id, c.subject
FROM considered AS c
INNER JOIN order_state AS o ON o.order_id = c.order_id
WHERE o.is_test
