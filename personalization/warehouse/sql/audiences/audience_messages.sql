-- Each message of the last weeks to a known person, from all tools and from our own ledger; what the ledger and a tool both report counts once.
-- columns: customer_id VARCHAR, program VARCHAR, is_marketing BOOLEAN, sent_at TIMESTAMP, counted BIGINT
-- key: customer_id, sent_at, program, is_marketing
WITH reported AS (
    SELECT
        coalesce(a.person_id, m.customer_id) AS customer_id,
        m.message_id,
        m.program,
        m.class <> 'service' AS is_marketing,
        m.sent_at
    FROM messages AS m
    LEFT JOIN audience_alias AS a ON a.customer_id = m.customer_id
    WHERE
        m.status NOT IN ('failed', 'rejected', 'cancelled', 'draft')
        AND CAST(m.sent_at AS DATE) >= CAST($run_date AS DATE) - 90
),

everything AS (
    SELECT customer_id, program, is_marketing, sent_at FROM reported
    UNION ALL
    SELECT s.person_id AS customer_id, s.program, s.is_marketing, s.sent_at
    FROM sent_earlier AS s
    WHERE
        CAST(s.sent_at AS DATE) >= CAST($run_date AS DATE) - 90
        AND NOT EXISTS (
            SELECT 1
            FROM reported AS r
            WHERE
                r.customer_id = s.person_id
                AND (
                    r.message_id = s.message_id
                    OR (
                        r.program = s.program
                        AND date_diff('day', CAST(r.sent_at AS DATE), CAST(s.sent_at AS DATE)) BETWEEN -1 AND 1
                    )
                )
        )
)

SELECT customer_id, program, is_marketing, sent_at, count(*) AS counted
FROM everything
GROUP BY customer_id, program, is_marketing, sent_at
