-- The profile is a second one of a person who has another: that one is written to, once.
SELECT customer_id, merged_at AS from_at, known_at AS known_from_at FROM merges
