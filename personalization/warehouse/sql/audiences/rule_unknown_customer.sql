-- People that orders or scores speak of and the table of customers does not.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT DISTINCT c.customer_id
FROM considered AS c
WHERE NOT EXISTS (SELECT 1 FROM audience_people AS p WHERE p.customer_id = c.customer_id AND p.is_known)
