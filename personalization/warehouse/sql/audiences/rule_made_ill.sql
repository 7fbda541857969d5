-- Subjects about an item that did not agree with the customer, kept, sent back or bought again.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT DISTINCT c.program, c.customer_id, c.subject
FROM considered AS c
INNER JOIN sent_back AS b ON b.customer_id = c.customer_id AND b.sku = c.sku
WHERE b.reason = 'allergy'
