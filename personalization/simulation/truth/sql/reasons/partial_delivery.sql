-- A part has arrived and the rest has not: the missing goods are not to be spoken of, and where the gap was nobody's plan,
-- nothing else either.
SELECT
    customer_id,
    'customer' AS scope,
    order_id,
    NULL AS sku,
    from_at,
    until_at,
    known_from_at,
    known_until_at
FROM planted
WHERE name = 'partial_delivery'
UNION ALL
SELECT
    bought.customer_id,
    'item',
    bought.order_id,
    bought.sku,
    journeys.first_at,
    least(parcels.delivered_at, journeys.cancelled_at),
    journeys.told_first_at,
    least(parcels.told_delivered_at, journeys.cancelled_at)
FROM journeys
JOIN bought ON bought.order_id = journeys.order_id
LEFT JOIN shipment_lines ON shipment_lines.order_line_id = bought.order_line_id
LEFT JOIN parcels ON parcels.shipment_id = shipment_lines.shipment_id AND NOT parcels.is_void
WHERE journeys.first_at < coalesce(journeys.delivered_at, TIMESTAMP '9999-01-01')
    AND bought.is_in_a_parcel
    AND NOT bought.is_cancelled
    AND coalesce(parcels.delivered_at > journeys.first_at, TRUE)
    AND journeys.parcels > 1
