SELECT order_line_id, order_id, sku, qty, unit_price_cents, sold_at AS received_at, TRUE AS is_received_assumed
FROM sales
ORDER BY order_line_id
