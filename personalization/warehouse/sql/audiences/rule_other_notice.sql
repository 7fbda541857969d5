-- Service notices beside a truer one about the same order that nothing speaks against: an order gets one a night. Applied last.
-- columns: program VARCHAR, customer_id VARCHAR, subject VARCHAR
-- key: program, customer_id, subject
WITH ranked AS (
    SELECT
        c.program,
        c.customer_id,
        c.subject,
        c.order_id,
        CASE
            WHEN c.program = 'not_received_help' THEN 1
            WHEN c.program = 'delay_notice' AND c.subject <> c.order_id || '@late' THEN 2
            WHEN c.program = 'partial_delivery' THEN 3
            ELSE 4
        END AS place,
        EXISTS (
            SELECT 1
            FROM objections AS x
            WHERE x.program = c.program AND x.customer_id = c.customer_id AND x.subject = c.subject AND x.code <> 'other_notice'
        ) AS is_blocked
    FROM considered AS c
    WHERE c.is_service
)

SELECT DISTINCT r.program, r.customer_id, r.subject
FROM ranked AS r
INNER JOIN ranked AS g ON g.order_id = r.order_id AND g.customer_id = r.customer_id
WHERE NOT g.is_blocked AND (g.place < r.place OR (g.place = r.place AND g.subject < r.subject))
