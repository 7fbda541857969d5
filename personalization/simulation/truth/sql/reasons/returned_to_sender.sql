-- The parcel went back to the shop: until money or a new parcel has reached the customer, the purchase has failed.
WITH back AS (
    SELECT shipment_id, customer_id, order_id, from_at, until_at, known_from_at, known_until_at
    FROM planted
    WHERE name = 'returned_to_sender'
    UNION ALL
    SELECT shipment_id, customer_id, order_id, returned_at, NULL, told_returned_at, NULL
    FROM parcels
    WHERE returned_at IS NOT NULL
        AND NOT EXISTS (
            SELECT 1 FROM planted WHERE planted.name = 'returned_to_sender' AND planted.shipment_id = parcels.shipment_id
        )
),
made_good AS (
    SELECT back.shipment_id, min(refunds.refunded_at) AS refunded_at, min(coalesce(refunds.received_at, refunds.refunded_at)) AS known_at
    FROM back
    JOIN shipments ON shipments.shipment_id = back.shipment_id
    JOIN refunds ON refunds.order_id = back.order_id AND refunds.refunded_at >= shipments.shipped_at
    GROUP BY back.shipment_id
)
SELECT
    back.customer_id,
    back.order_id,
    back.from_at,
    least(back.until_at, made_good.refunded_at) AS until_at,
    back.known_from_at,
    least(back.known_until_at, made_good.known_at) AS known_until_at
FROM back
LEFT JOIN made_good ON made_good.shipment_id = back.shipment_id
