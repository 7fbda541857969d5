-- What each customer's last word about marketing by email was, from when until when; before the first word there is silence.
WITH said AS (
    SELECT
        customer_id,
        status,
        status IN ('subscribed', 'soft_opt_in') AS is_yes,
        captured_at,
        coalesce(received_at, captured_at) AS received_at
    FROM consents
    WHERE channel = 'email' AND purpose = 'marketing'
),
spans AS (
    SELECT
        customer_id,
        status,
        is_yes,
        captured_at AS from_at,
        lead(captured_at) OVER later AS until_at,
        received_at AS known_from_at,
        lead(received_at) OVER later AS known_until_at
    FROM said
    -- Of two words at the same instant the yes counts for no time at all.
    WINDOW later AS (PARTITION BY customer_id ORDER BY captured_at, is_yes DESC, status)
),
first_words AS (
    SELECT customer_id, min(captured_at) AS captured_at, arg_min(received_at, captured_at) AS received_at
    FROM said
    GROUP BY customer_id
)
SELECT * FROM spans
UNION ALL BY NAME
SELECT
    people.customer_id,
    'unknown' AS status,
    FALSE AS is_yes,
    people.since_at AS from_at,
    first_words.captured_at AS until_at,
    people.since_at AS known_from_at,
    first_words.received_at AS known_until_at
FROM people
LEFT JOIN first_words ON first_words.customer_id = people.customer_id
WHERE first_words.captured_at IS NULL OR people.since_at < greatest(first_words.captured_at, first_words.received_at)
