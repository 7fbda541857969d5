WITH postage AS (
    SELECT
        CASE WHEN has_invoice THEN invoice ELSE customer_id || '-' || minute END AS order_id,
        CAST(sum(quantity * price_cents) AS BIGINT) AS shipping_cents
    FROM lines
    WHERE class = 'non_product' AND non_product IN ('postage', 'carriage') AND customer_id IS NOT NULL AND quantity > 0 AND price_cents > 0
    GROUP BY ALL
),
sums AS (
    SELECT
        order_id,
        min(customer_id) AS customer_id,
        min(sold_at) AS placed_at,
        CAST(sum(qty * unit_price_cents) AS BIGINT) AS goods_cents
    FROM sales
    GROUP BY order_id
)
SELECT
    order_id,
    customer_id,
    placed_at,
    'GBP' AS currency,
    goods_cents + coalesce(shipping_cents, 0) AS total_cents,
    coalesce(shipping_cents, 0) AS shipping_cents,
    'paid' AS financial_status,
    CASE WHEN customer_id IS NULL THEN 'guest' ELSE 'account' END AS channel,
    placed_at AS received_at,
    TRUE AS is_received_assumed
FROM sums
LEFT JOIN postage USING (order_id)
ORDER BY order_id
