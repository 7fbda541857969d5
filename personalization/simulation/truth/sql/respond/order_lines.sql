SELECT
    order_id || '1' AS order_line_id,
    order_id,
    sku,
    CAST(1 AS BIGINT) AS qty,
    price_cents AS unit_price_cents,
    placed_at AS received_at,
    FALSE AS is_received_assumed
FROM ordered
ORDER BY order_line_id
