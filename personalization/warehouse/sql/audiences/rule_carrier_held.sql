-- Subjects whose order travelled with a carrier that readiness holds.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR, code VARCHAR
-- key: program, customer_id, subject, code
SELECT DISTINCT c.program, c.customer_id, c.subject, 'readiness:' || h."check" || ':' || h.scope AS code
FROM considered AS c
INNER JOIN parcel_state AS s ON s.order_id = c.order_id
INNER JOIN held_checks AS h ON h.program = c.program AND h.scope = s.carrier_scope
