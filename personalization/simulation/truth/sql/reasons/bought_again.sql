-- Who has ordered the product again and waits for it needs no reminder of it (R61).
SELECT DISTINCT
    bought.customer_id,
    'replenishment' AS program,
    'item' AS scope,
    bought.order_id,
    bought.sku,
    journeys.placed_at AS from_at,
    least(journeys.arrived_at, journeys.cancelled_at) AS until_at,
    journeys.known_at AS known_from_at,
    least(journeys.told_arrived_at, journeys.cancelled_at) AS known_until_at
FROM bought
JOIN journeys ON journeys.order_id = bought.order_id
WHERE bought.product_type = 'consumable'
QUALIFY row_number() OVER (PARTITION BY bought.customer_id, bought.sku ORDER BY bought.placed_at, bought.order_id) > 1
