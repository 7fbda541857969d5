SELECT
    customers.customer_id,
    md5_number_lower(customers.customer_id) AS customer_key,
    CAST(floor(epoch(coalesce(customers.created_at, min(orders.placed_at), $until))) AS BIGINT) AS first_order_at,
    row_number() OVER (ORDER BY customers.customer_id) - 1 AS customer_no
FROM customers
LEFT JOIN orders ON orders.customer_id = customers.customer_id
GROUP BY customers.customer_id, customers.created_at
ORDER BY customer_no
