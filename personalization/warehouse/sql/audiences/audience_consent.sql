-- What counts as each person's word on marketing by email: the refusal of anybody with their address, for a message reaches the address whichever account it is about, else their own newest word. A yes stands only for an account that said it itself.
-- columns: customer_id VARCHAR, status VARCHAR, captured_at TIMESTAMP, source VARCHAR
-- key: customer_id
WITH counting AS (
    SELECT
        p.customer_id,
        w.status,
        w.captured_at,
        w.source,
        row_number() OVER (
            PARTITION BY p.customer_id
            ORDER BY
                CASE WHEN w.status IN ('unsubscribed', 'suppressed') THEN 0 ELSE 1 END,
                w.captured_at DESC,
                w.status,
                w.person_id
        ) AS place
    FROM audience_people AS p
    INNER JOIN consent_words AS w ON w.mailbox = p.mailbox
    WHERE w.person_id = p.customer_id OR w.status IN ('unsubscribed', 'suppressed')
)

SELECT customer_id, status, captured_at, source
FROM counting
WHERE place = 1
