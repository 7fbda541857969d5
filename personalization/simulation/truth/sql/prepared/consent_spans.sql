-- What each customer's last word about marketing by email was, from when until when; before the first word there is silence.
-- What somebody said under a profile that was merged away counts for the one that is left from the merge on: a refusal
-- whatever address it was about, anything else only where it is the same address, unless it is no word at all.
WITH said AS (
    SELECT
        customer_id,
        status,
        captured_at,
        captured_at AS from_at,
        coalesce(received_at, captured_at) AS known_from_at
    FROM consents
    WHERE channel = 'email' AND purpose = 'marketing'
    UNION ALL
    SELECT
        merges.survivor_id,
        consents.status,
        consents.captured_at,
        greatest(consents.captured_at, merges.merged_at),
        greatest(coalesce(consents.received_at, consents.captured_at), merges.known_at)
    FROM consents
    JOIN merges ON merges.customer_id = consents.customer_id
    JOIN people AS gone ON gone.customer_id = merges.customer_id
    JOIN people AS survivors ON survivors.customer_id = merges.survivor_id
    WHERE consents.channel = 'email'
        AND consents.purpose = 'marketing'
        AND (
            consents.status IN ('unsubscribed', 'suppressed')
            OR (gone.address = survivors.address AND consents.status IN ('subscribed', 'soft_opt_in'))
        )
),
spans AS (
    SELECT
        customer_id,
        status,
        status IN ('subscribed', 'soft_opt_in') AS is_yes,
        from_at,
        lead(from_at) OVER later AS until_at,
        known_from_at,
        lead(known_from_at) OVER later AS known_until_at
    FROM said
    -- Of two words at the same instant the yes counts for no time at all.
    WINDOW later AS (
        PARTITION BY customer_id
        ORDER BY captured_at, status IN ('subscribed', 'soft_opt_in') DESC, status, from_at, known_from_at
    )
),
first_words AS (
    SELECT customer_id, min(from_at) AS from_at, arg_min(known_from_at, (from_at, known_from_at)) AS known_from_at
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
    first_words.from_at AS until_at,
    people.since_at AS known_from_at,
    first_words.known_from_at AS known_until_at
FROM people
LEFT JOIN first_words ON first_words.customer_id = people.customer_id
WHERE first_words.from_at IS NULL OR people.since_at < greatest(first_words.from_at, first_words.known_from_at)
