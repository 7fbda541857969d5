-- The order is cancelled and its parcel still travels: two stories meet at the customer, and a third would be one too many. Better
-- wait until the parcel is back or refused, though the money is there.
SELECT customer_id, order_id, 'must' AS certainty, from_at, until_at, known_from_at, known_until_at
FROM planted
WHERE name = 'cancelled_after_shipping'
UNION ALL
SELECT
    parcels.customer_id,
    parcels.order_id,
    'should',
    journeys.cancelled_at,
    parcels.ended_at,
    journeys.cancelled_at,
    parcels.told_ended_at
FROM parcels
JOIN journeys ON journeys.order_id = parcels.order_id
WHERE NOT parcels.is_void AND parcels.shipped_at < journeys.cancelled_at
    AND coalesce(parcels.ended_at > journeys.cancelled_at, TRUE)
