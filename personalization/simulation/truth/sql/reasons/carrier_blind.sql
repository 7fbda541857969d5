-- The carrier's feed is silent while this customer's parcel is with it: nobody at the shop knows how the customer fares (R7).
SELECT
    coalesce(planted.customer_id, parcels.customer_id) AS customer_id,
    parcels.order_id,
    planted.from_at,
    planted.until_at,
    planted.known_from_at,
    planted.known_until_at,
    'should' AS certainty
FROM planted
JOIN parcels ON parcels.shipment_id = planted.shipment_id
WHERE planted.name = 'carrier_feed_outage'
