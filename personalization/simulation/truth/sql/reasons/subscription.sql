-- The product comes by itself: a reminder to buy it would sell it twice (R61).
SELECT
    bought.customer_id,
    'replenishment' AS program,
    'item' AS scope,
    arg_min(bought.order_id, (bought.placed_at, bought.order_id)) AS order_id,
    bought.sku,
    min(bought.placed_at) AS from_at,
    min(bought.known_at) AS known_from_at
FROM bought
JOIN orders ON orders.order_id = bought.order_id
WHERE orders.is_subscription AND NOT bought.is_cancelled
GROUP BY bought.customer_id, bought.sku
