-- The SHA-256 of each account's email address, trimmed and in lower case, as the suppression list holds it. DuckDB's own: sha256 of text has another name, or none, elsewhere.
-- columns: customer_id VARCHAR, address_hash VARCHAR
-- key: customer_id
SELECT customer_id, sha256(lower(trim(email, ' ' || chr(9) || chr(10) || chr(13)))) AS address_hash
FROM customers
WHERE strpos(email, '@') > 1
