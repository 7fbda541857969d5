-- Every subject of a program that readiness holds for the whole shop.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR, code VARCHAR
-- key: program, customer_id, subject, code
SELECT c.program, c.customer_id, c.subject, 'readiness:' || h."check" AS code
FROM considered AS c
INNER JOIN held_checks AS h ON h.program = c.program
WHERE h.scope = 'shop'
