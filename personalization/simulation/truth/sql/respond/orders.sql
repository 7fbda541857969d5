SELECT
    order_id,
    customer_id,
    '#' || order_id AS name,
    placed_at,
    currency,
    price_cents AS total_cents,
    CAST(0 AS BIGINT) AS discount_cents,
    CAST(0 AS BIGINT) AS shipping_cents,
    CAST(0 AS BIGINT) AS tax_cents,
    'paid' AS financial_status,
    'web' AS channel,
    placed_at AS received_at,
    FALSE AS is_received_assumed,
    is_caused
FROM ordered
ORDER BY order_id
