-- Somebody of the shop tried the checkout: there is no customer behind this order.
SELECT customer_id, 'order' AS scope, order_id, placed_at AS from_at, coalesce(received_at, placed_at) AS known_from_at
FROM orders
WHERE is_test
