-- It did not fit: this very size is not to be offered again.
SELECT customer_id, 'item' AS scope, order_id, sku, from_at, until_at, known_from_at, known_until_at
FROM returned
WHERE reason = 'size_fit'
UNION
SELECT customer_id, 'item', order_id, sku, from_at, until_at, known_from_at, known_until_at
FROM planted
WHERE name = 'wrong_size_return'
    AND sku IS NOT NULL
    AND NOT EXISTS (
        SELECT 1 FROM returned
        WHERE returned.customer_id = planted.customer_id AND returned.sku = planted.sku AND returned.reason = 'size_fit'
    )
