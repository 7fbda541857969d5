-- The newest word on marketing by email that each person said for each mailbox they speak for, over all accounts merged into theirs; at the same instant the stricter word wins. An account that was merged away says no for every mailbox of the person, and yes only for the one that was its own; that it never said anything is no word.
-- columns: mailbox VARCHAR, person_id VARCHAR, status VARCHAR, captured_at TIMESTAMP, source VARCHAR
-- key: mailbox, person_id
WITH words AS (
    SELECT
        coalesce(v.mailbox, c.customer_id) AS mailbox,
        coalesce(v.person_id, c.customer_id) AS person_id,
        c.status,
        c.captured_at,
        c.source,
        row_number() OVER (
            PARTITION BY coalesce(v.mailbox, c.customer_id), coalesce(v.person_id, c.customer_id)
            ORDER BY
                c.captured_at DESC,
                CASE c.status WHEN 'subscribed' THEN 2 WHEN 'soft_opt_in' THEN 1 ELSE 0 END,
                c.status,
                c.customer_id
        ) AS newest
    FROM consents AS c
    LEFT JOIN audience_voices AS v ON v.customer_id = c.customer_id
    LEFT JOIN address_hashes AS h ON h.customer_id = c.customer_id
    WHERE
        c.channel = 'email'
        AND c.purpose = 'marketing'
        AND c.captured_at < $cutoff
        AND (
            v.person_id IS NULL
            OR v.person_id = c.customer_id
            OR c.status IN ('unsubscribed', 'suppressed')
            OR (h.address_hash = v.mailbox AND c.status IN ('subscribed', 'soft_opt_in'))
        )
)

SELECT mailbox, person_id, status, captured_at, source
FROM words
WHERE newest = 1
