-- Service notices about what any tool wrote to the customer about since it happened: a service message about the same order. since_on is the first day on which a message can have told of it.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
SELECT DISTINCT c.program, c.customer_id, c.subject
FROM considered AS c
INNER JOIN messages AS m ON m.order_id = c.order_id
WHERE
    c.is_service
    AND m.class = 'service'
    AND m.status NOT IN ('failed', 'rejected', 'cancelled', 'draft')
    AND CAST(m.sent_at AS DATE) >= c.since_on
