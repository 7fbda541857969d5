-- Who has ordered the product again and waits for it needs no reminder of it (R61), and no help with it once they know it.
SELECT DISTINCT
    bought.customer_id,
    'replenishment' AS program,
    'item' AS scope,
    'must' AS certainty,
    bought.order_id,
    bought.sku,
    journeys.placed_at AS from_at,
    least(journeys.arrived_at, journeys.cancelled_at, made_good.made_good_at) AS until_at,
    journeys.known_at AS known_from_at,
    least(journeys.told_arrived_at, journeys.cancelled_at, made_good.told_at) AS known_until_at
FROM bought
JOIN journeys ON journeys.order_id = bought.order_id
LEFT JOIN made_good ON made_good.order_id = bought.order_id
WHERE bought.product_type = 'consumable'
QUALIFY row_number() OVER (PARTITION BY bought.customer_id, bought.sku ORDER BY bought.placed_at, bought.order_id) > 1
UNION ALL
SELECT DISTINCT
    bought.customer_id,
    'onboarding',
    'order_item',
    'should',
    bought.order_id,
    bought.sku,
    min(again.placed_at),
    CAST(NULL AS TIMESTAMP),
    min(again.known_at),
    CAST(NULL AS TIMESTAMP)
FROM bought
JOIN bought AS again
    ON again.customer_id = bought.customer_id
    AND again.sku = bought.sku
    AND again.order_id <> bought.order_id
    AND again.placed_at > bought.placed_at
GROUP BY bought.customer_id, bought.order_id, bought.sku
