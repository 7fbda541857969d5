-- A part has arrived and the rest has not: the missing goods are not to be spoken of, and where the gap was nobody's plan,
-- nothing else either until it is made good.
SELECT
    planted.customer_id,
    'customer' AS scope,
    planted.order_id,
    NULL AS sku,
    planted.from_at,
    least(planted.until_at, made_good.made_good_at) AS until_at,
    planted.known_from_at,
    least(planted.known_until_at, made_good.told_at) AS known_until_at
FROM planted
LEFT JOIN made_good ON made_good.order_id = planted.order_id
WHERE planted.name = 'partial_delivery'
UNION ALL
SELECT
    bought.customer_id,
    'item',
    bought.order_id,
    bought.sku,
    journeys.first_at,
    least(min(parcels.delivered_at), journeys.cancelled_at, made_good.made_good_at),
    journeys.told_first_at,
    least(min(parcels.told_delivered_at), journeys.cancelled_at, made_good.told_at)
FROM journeys
JOIN bought ON bought.order_id = journeys.order_id
LEFT JOIN shipment_lines ON shipment_lines.order_line_id = bought.order_line_id
LEFT JOIN parcels ON parcels.shipment_id = shipment_lines.shipment_id AND NOT parcels.is_void
LEFT JOIN made_good ON made_good.order_id = journeys.order_id
WHERE journeys.first_at < coalesce(journeys.delivered_at, TIMESTAMP '9999-01-01')
    AND bought.is_in_a_parcel
    AND NOT bought.is_cancelled
    AND journeys.parcels > 1
GROUP BY
    bought.customer_id,
    bought.order_id,
    bought.order_line_id,
    bought.sku,
    journeys.first_at,
    journeys.told_first_at,
    journeys.cancelled_at,
    made_good.made_good_at,
    made_good.told_at
-- A line is missing until its first parcel has come; another one later is what replaces it.
HAVING coalesce(min(parcels.delivered_at) > journeys.first_at, TRUE)
