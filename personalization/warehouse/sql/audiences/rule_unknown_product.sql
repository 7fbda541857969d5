-- Subjects about an item that the catalogue does not know, so that nothing true can be said of it.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT c.program, c.customer_id, c.subject
FROM considered AS c
WHERE c.sku IS NOT NULL AND NOT EXISTS (SELECT 1 FROM products AS p WHERE p.sku = c.sku)
