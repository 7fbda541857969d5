-- People whose address stands in the suppression list, under any of their accounts.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT DISTINCT a.person_id AS customer_id
FROM address_hashes AS h
INNER JOIN audience_alias AS a ON a.customer_id = h.customer_id
INNER JOIN suppressions AS s ON s.address_hash = h.address_hash
WHERE s.channel = 'email'
