-- Moments become nights: what begins and ends on one day was over by its night. Nothing from the end of the world on is told.
WITH carried AS (
    SELECT * FROM found
    UNION ALL BY NAME
    -- The person has another profile now, and it is there that they are left alone.
    SELECT
        found.* REPLACE (
            merges.survivor_id AS customer_id,
            greatest(found.from_at, merges.merged_at) AS from_at,
            -- what nobody told the shop, no merge tells it
            CASE WHEN found.known_from_at IS NOT NULL THEN greatest(found.known_from_at, merges.known_at) END AS known_from_at
        )
    FROM found
    JOIN merges ON merges.customer_id = found.customer_id
    WHERE NOT list_contains($of_the_profile, found.reason)
),
shifted AS (
    SELECT
        carried.* EXCLUDE (from_at, until_at, known_from_at, known_until_at),
        CAST(from_at AS DATE) AS from_on,
        CASE WHEN until_at < $until THEN CAST(greatest(until_at, from_at) AS DATE) END AS until_on,
        -- A clock that is wrong tells of nothing before it happened.
        CASE WHEN known_from_at < $until THEN CAST(greatest(known_from_at, from_at) AS DATE) END AS learned_on,
        CASE WHEN known_until_at < $until THEN CAST(known_until_at AS DATE) END AS over_on
    FROM carried
    WHERE customer_id IS NOT NULL AND from_at < $until
),
told AS (
    SELECT
        shifted.* EXCLUDE (learned_on, over_on),
        CASE WHEN coalesce(learned_on < over_on, TRUE) THEN learned_on END AS knowable_from_on,
        CASE WHEN learned_on < over_on THEN over_on END AS knowable_until_on
    FROM shifted
)
SELECT DISTINCT
    customer_id,
    reason,
    program,
    scope,
    order_id,
    sku,
    category,
    from_on,
    until_on,
    knowable_from_on,
    knowable_until_on,
    certainty
FROM told
WHERE coalesce(from_on < until_on, TRUE) OR knowable_from_on IS NOT NULL
ORDER BY ALL
