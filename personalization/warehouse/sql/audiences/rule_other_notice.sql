-- Service notices beside a graver one about the same order: an order gets one a night.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT DISTINCT c.program, c.customer_id, c.subject
FROM considered AS c
INNER JOIN considered AS g ON g.order_id = c.order_id AND g.is_service AND g.subject <> c.subject
WHERE
    (c.program = 'partial_delivery' AND g.program IN ('delay_notice', 'not_received_help'))
    OR (c.program = 'delay_notice' AND g.program = 'not_received_help')
    OR (c.program = 'not_received_help' AND g.program = 'not_received_help' AND g.subject < c.subject)
