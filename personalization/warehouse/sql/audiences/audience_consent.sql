-- The newest word of each person on marketing by email, over all accounts merged into theirs; at the same instant the stricter word wins.
-- columns: customer_id VARCHAR, status VARCHAR, captured_at TIMESTAMP, source VARCHAR
-- key: customer_id
WITH words AS (
    SELECT
        coalesce(a.person_id, c.customer_id) AS person_id,
        c.status,
        c.captured_at,
        c.source,
        row_number() OVER (
            PARTITION BY coalesce(a.person_id, c.customer_id)
            ORDER BY
                c.captured_at DESC,
                CASE c.status WHEN 'subscribed' THEN 2 WHEN 'soft_opt_in' THEN 1 ELSE 0 END,
                c.status,
                c.customer_id
        ) AS newest
    FROM consents AS c
    LEFT JOIN audience_alias AS a ON a.customer_id = c.customer_id
    WHERE c.channel = 'email' AND c.purpose = 'marketing' AND c.captured_at < $cutoff
)

SELECT
    person_id AS customer_id,
    status,
    captured_at,
    source
FROM words
WHERE newest = 1
