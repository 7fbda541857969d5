-- A note says not to write: somebody has died, or asked by letter. Whoever wrote it expects it to be kept.
WITH noted AS (
    SELECT customer_id, min(from_at) AS from_at, min(known_from_at) AS known_from_at, max(until_at) AS until_at
    FROM planted
    WHERE name = 'do_not_contact'
    GROUP BY customer_id
)
SELECT
    people.customer_id,
    coalesce(noted.from_at, people.received_at, people.since_at) AS from_at,
    noted.until_at,
    CASE WHEN noted.from_at IS NULL THEN coalesce(people.received_at, people.since_at) ELSE noted.known_from_at END AS known_from_at,
    noted.until_at AS known_until_at
FROM people
LEFT JOIN noted ON noted.customer_id = people.customer_id
WHERE noted.customer_id IS NOT NULL OR nullif(trim(people.do_not_contact_reason), '') IS NOT NULL
