-- The goods of every real order of a known customer.
SELECT
    order_lines.order_line_id,
    order_lines.order_id,
    orders.customer_id,
    order_lines.sku,
    order_lines.qty,
    coalesce(order_lines.qty_cancelled, 0) >= order_lines.qty AS is_cancelled,
    coalesce(products.product_type, 'unknown') AS product_type,
    coalesce(products.product_type, 'unknown') NOT IN ('digital', 'gift_card', 'service') AS is_in_a_parcel,
    products.category,
    products.days_of_supply,
    orders.placed_at,
    coalesce(orders.received_at, orders.placed_at) AS known_at
FROM order_lines
JOIN orders ON orders.order_id = order_lines.order_id
LEFT JOIN products ON products.sku = order_lines.sku
WHERE orders.customer_id IS NOT NULL AND NOT coalesce(orders.is_test, FALSE)
