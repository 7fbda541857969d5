-- The product comes by itself: a reminder to buy it would sell it twice (R61). Nothing tells the shop when one has given it up.
SELECT
    bought.customer_id,
    'replenishment' AS program,
    'item' AS scope,
    arg_min(bought.order_id, (bought.placed_at, bought.order_id)) AS order_id,
    bought.sku,
    min(bought.placed_at) AS from_at,
    max(given_up.ends_at) AS until_at,
    min(bought.known_at) AS known_from_at
FROM bought
JOIN orders ON orders.order_id = bought.order_id
LEFT JOIN (
    SELECT customer_id, sku, CASE WHEN count(*) = count(ends_at) THEN max(ends_at) END AS ends_at
    FROM cycles
    WHERE is_subscription
    GROUP BY customer_id, sku
) AS given_up ON given_up.customer_id = bought.customer_id AND given_up.sku = bought.sku
WHERE orders.is_subscription AND NOT bought.is_cancelled
GROUP BY bought.customer_id, bought.sku
