-- What was cancelled was never had: no tips for it, no reminder, nothing that goes with it.
SELECT customer_id, 'order' AS scope, order_id, NULL AS sku, cancelled_at AS from_at, cancelled_at AS known_from_at
FROM orders
WHERE cancelled_at IS NOT NULL
UNION ALL
SELECT bought.customer_id, 'order_item', bought.order_id, bought.sku, bought.placed_at, bought.known_at
FROM bought
JOIN orders ON orders.order_id = bought.order_id AND orders.cancelled_at IS NULL
WHERE bought.is_cancelled
