-- A business buys for its own reasons and rhythm; tips and reminders for a household are noise to whoever does its buying (R36).
SELECT customer_id, since_at AS from_at, coalesce(received_at, since_at) AS known_from_at
FROM people
WHERE is_b2b
