-- Every customer id and the id it lives on under: a merged account speaks for the one it was merged into.
-- columns: customer_id VARCHAR, person_id VARCHAR
-- key: customer_id
SELECT c.customer_id, coalesce(m.root_id, c.customer_id) AS person_id
FROM customers AS c
LEFT JOIN merged_customers AS m ON m.customer_id = c.customer_id
