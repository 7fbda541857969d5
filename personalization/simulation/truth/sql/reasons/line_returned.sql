-- Who sent a thing back does not want to hear of it, until they buy it again.
SELECT customer_id, 'item' AS scope, order_id, sku, from_at, until_at, known_from_at, known_until_at FROM returned
