SELECT
    orders.order_id,
    orders.customer_id,
    md5_number_lower(orders.order_id) AS order_key,
    md5_number_lower(coalesce(orders.customer_id, orders.order_id)) AS household_key,
    CAST(floor(epoch(orders.placed_at)) AS BIGINT) AS placed_at,
    CAST(floor(epoch(orders.cancelled_at)) AS BIGINT) AS cancelled_at,
    customers.country,
    count(order_lines.order_line_id) AS lines,
    row_number() OVER (ORDER BY orders.order_id) - 1 AS order_no
FROM orders
LEFT JOIN customers ON customers.customer_id = orders.customer_id
LEFT JOIN order_lines ON order_lines.order_id = orders.order_id
GROUP BY orders.order_id, orders.customer_id, orders.placed_at, orders.cancelled_at, customers.country
ORDER BY order_no
