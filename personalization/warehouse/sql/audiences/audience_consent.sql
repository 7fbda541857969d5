-- What counts as each person's word on marketing by email: of the latest words of all accounts with their address the strictest, for a message reaches the address whichever account it is about. A yes stands only for an account that said something itself; a no stands for all.
-- columns: customer_id VARCHAR, status VARCHAR, captured_at TIMESTAMP, source VARCHAR
-- key: customer_id
WITH strictest AS (
    SELECT
        mailbox,
        status,
        captured_at,
        source,
        row_number() OVER (
            PARTITION BY mailbox
            ORDER BY
                CASE status WHEN 'subscribed' THEN 2 WHEN 'soft_opt_in' THEN 1 ELSE 0 END,
                captured_at DESC,
                status,
                person_id
        ) AS place
    FROM consent_words
)

SELECT
    p.customer_id,
    s.status,
    s.captured_at,
    s.source
FROM audience_people AS p
INNER JOIN strictest AS s ON s.mailbox = p.mailbox AND s.place = 1
WHERE
    s.status NOT IN ('subscribed', 'soft_opt_in')
    OR EXISTS (SELECT 1 FROM consent_words AS w WHERE w.mailbox = p.mailbox AND w.person_id = p.customer_id)
