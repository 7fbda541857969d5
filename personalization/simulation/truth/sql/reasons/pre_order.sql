-- A pre-order is a promise, not a purchase that can be unpacked: nothing rests on it before it is released and there.
WITH pre AS (
    SELECT order_id, customer_id, placed_at, known_at FROM journeys
    WHERE order_id IN (SELECT order_id FROM orders WHERE is_preorder)
),
released AS (
    SELECT order_id, min(until_at) AS released_at FROM planted WHERE name = 'pre_order' GROUP BY order_id
),
left_shop AS (
    SELECT order_id, min(shipped_at) AS shipped_at FROM parcels WHERE NOT is_void GROUP BY order_id
)
SELECT
    pre.customer_id,
    'order' AS scope,
    pre.order_id,
    pre.placed_at AS from_at,
    coalesce(released.released_at, left_shop.shipped_at) AS until_at,
    pre.known_at AS known_from_at,
    coalesce(released.released_at, left_shop.shipped_at) AS known_until_at
FROM pre
LEFT JOIN released ON released.order_id = pre.order_id
LEFT JOIN left_shop ON left_shop.order_id = pre.order_id
