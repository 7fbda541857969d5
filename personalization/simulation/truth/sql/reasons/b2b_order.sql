-- A private customer once bought for a firm: nothing is to rest on that order.
SELECT planted.customer_id, 'order' AS scope, planted.order_id, planted.from_at, planted.known_from_at
FROM planted
JOIN people ON people.customer_id = planted.customer_id AND NOT people.is_b2b
WHERE planted.name = 'b2b_order' AND planted.order_id IS NOT NULL
