-- For each profile that was merged away, the profile that is left of the person, and since when. A circle leaves nobody.
WITH RECURSIVE chain AS (
    SELECT customer_id, merged_into AS survivor_id FROM people WHERE merged_into IS NOT NULL
    UNION
    SELECT chain.customer_id, people.merged_into
    FROM chain
    JOIN people ON people.customer_id = chain.survivor_id
    WHERE people.merged_into IS NOT NULL
),
told AS (
    SELECT customer_id, min(from_at) AS merged_at, min(known_from_at) AS known_at
    FROM planted
    WHERE name IN ('merged_customer', 'guest_registered_later')
    GROUP BY customer_id
)
SELECT
    chain.customer_id,
    chain.survivor_id,
    coalesce(told.merged_at, merged.received_at, merged.since_at) AS merged_at,
    coalesce(told.known_at, merged.received_at, merged.since_at) AS known_at
FROM chain
JOIN people AS merged ON merged.customer_id = chain.customer_id
JOIN people AS survivors ON survivors.customer_id = chain.survivor_id
LEFT JOIN told ON told.customer_id = chain.customer_id
WHERE survivors.merged_into IS NULL
