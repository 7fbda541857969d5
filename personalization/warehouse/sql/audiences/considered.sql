-- Every customer, program and subject that a segment contains, with what it is expected to bring. weight is score, margin and the program's priority multiplied, in millionths of a cent.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR, message_id VARCHAR, segments VARCHAR, order_id VARCHAR, sku VARCHAR, since_on DATE, delivered_on DATE, score DOUBLE, expected_value_cents BIGINT, priority DOUBLE, rest_days BIGINT, is_service BOOLEAN, weight BIGINT
-- key: program, customer_id, subject
SELECT
    m.program,
    m.customer_id,
    m.subject,
    i.message_id,
    m.segments,
    m.order_id,
    m.sku,
    m.since_on,
    m.delivered_on,
    floor(coalesce(m.score, 0) * 1e6 + 0.5) / 1e6 AS score,
    CAST(floor(coalesce(m.score * m.worth_cents, 0) + 0.5) AS BIGINT) AS expected_value_cents,
    p.priority,
    p.rest_days,
    p.is_service,
    CAST(floor(coalesce(m.score * m.worth_cents, 0) * p.priority * 1e6 + 0.5) AS BIGINT) AS weight
FROM members AS m
INNER JOIN program_settings AS p ON p.program = m.program
LEFT JOIN message_ids AS i ON i.program = m.program AND i.customer_id = m.customer_id AND i.subject = m.subject
WHERE m.customer_id IS NOT NULL
