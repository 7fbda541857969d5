-- The carrier stood before a closed door: the customer has to arrange or fetch something, and waits for how.
SELECT
    customer_id,
    order_id,
    attempt_failed_at AS from_at,
    ended_at AS until_at,
    told_attempt_failed_at AS known_from_at,
    told_ended_at AS known_until_at
FROM parcels
WHERE attempt_failed_at IS NOT NULL AND coalesce(ended_at > attempt_failed_at, TRUE)
UNION ALL
SELECT planted.customer_id, planted.order_id, planted.from_at, planted.until_at, planted.known_from_at, planted.known_until_at
FROM planted
LEFT JOIN parcels ON parcels.shipment_id = planted.shipment_id
WHERE planted.name = 'attempt_failed' AND parcels.attempt_failed_at IS NULL
