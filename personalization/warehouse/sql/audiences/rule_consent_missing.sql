-- People who never said anything about marketing by email; unknown is no.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT DISTINCT c.customer_id
FROM considered AS c
WHERE NOT EXISTS (SELECT 1 FROM audience_consent AS w WHERE w.customer_id = c.customer_id)
