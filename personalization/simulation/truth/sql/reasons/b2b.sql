-- A business buys for its own reasons and rhythm; tips and reminders for a household are noise to whoever does its buying (R36).
WITH planted_businesses AS (
    SELECT customer_id, min(from_at) AS from_at, min(known_from_at) AS known_from_at
    FROM planted
    WHERE name = 'b2b_order'
    GROUP BY customer_id
)
SELECT
    people.customer_id,
    people.since_at AS from_at,
    coalesce(planted_businesses.known_from_at, people.received_at, people.since_at) AS known_from_at
FROM people
LEFT JOIN planted_businesses ON planted_businesses.customer_id = people.customer_id
WHERE people.is_b2b
