-- The id that a message about each member would have: a hash of shop, program, customer, channel and subject, not of the date. DuckDB's own: sha256.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR, message_id VARCHAR
-- key: program, customer_id, subject
SELECT
    program,
    customer_id,
    subject,
    sha256(concat_ws(chr(31), $shop, program, customer_id, 'email', subject)) AS message_id
FROM members
WHERE customer_id IS NOT NULL
