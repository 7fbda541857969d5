-- The parcel stands still somewhere: whoever waits for it wants news of it, and of nothing else.
SELECT customer_id, order_id, from_at, until_at, known_from_at, known_until_at FROM planted WHERE name = 'stalled_parcel'
