-- Who sent a thing back does not want to hear of it, until they buy it again; who sent back all of an order, not of the order.
WITH whole AS (
    SELECT returned.order_id, max(returned.from_at) AS from_at, max(returned.known_from_at) AS known_from_at
    FROM returned
    GROUP BY returned.order_id
    HAVING count(DISTINCT returned.sku) = (
        SELECT count(DISTINCT bought.sku) FROM bought WHERE bought.order_id = returned.order_id AND NOT bought.is_cancelled
    )
        AND count(*) = count(*) FILTER (NOT is_kept)
)
SELECT customer_id, 'item' AS scope, order_id, sku, from_at, until_at, known_from_at, known_until_at FROM returned
UNION ALL
SELECT orders.customer_id, 'order', whole.order_id, NULL, whole.from_at, NULL, whole.known_from_at, NULL
FROM whole
JOIN orders ON orders.order_id = whole.order_id
