-- The contact budget over all tools (T8): what is no service message at most once in 24 hours, 3 times in 7 days and 8 times in 30; and none once
-- all messages together, service ones too, have reached 6 in 7 days.
WITH sent AS (
    SELECT customer_id, class <> 'service' AS is_marketing, sent_at, coalesce(received_at, sent_at) AS known_at
    FROM messages
    WHERE customer_id IS NOT NULL AND status <> 'failed'
),
counted AS (
    SELECT
        customer_id,
        sent_at,
        known_at,
        lag(sent_at, 2) OVER earlier AS third_last_at,
        lag(sent_at, 7) OVER earlier AS eighth_last_at,
        NULL AS sixth_last_at,
        sent_at + INTERVAL 1 DAY AS rested_at
    FROM sent
    WHERE is_marketing
    WINDOW earlier AS (PARTITION BY customer_id ORDER BY sent_at, known_at)
    UNION ALL
    SELECT customer_id, sent_at, known_at, NULL, NULL, lag(sent_at, 5) OVER (PARTITION BY customer_id ORDER BY sent_at, known_at), NULL
    FROM sent
),
spans AS (
    SELECT
        customer_id,
        sent_at,
        known_at,
        greatest(
            rested_at, third_last_at + INTERVAL 7 DAY, eighth_last_at + INTERVAL 30 DAY, sixth_last_at + INTERVAL 7 DAY
        ) AS until_at
    FROM counted
)
SELECT customer_id, sent_at AS from_at, until_at, known_at AS known_from_at, until_at AS known_until_at
FROM spans
WHERE until_at > sent_at
