-- An order line whose parcels all arrived in the last 60 days; score is the chance that the customer orders within 14 days, worth is the line's margin.
-- columns: customer_id VARCHAR, subject VARCHAR, order_id VARCHAR, sku VARCHAR, since_on DATE, delivered_on DATE, score DOUBLE, worth_cents DOUBLE, days_since_delivery BIGINT, product_type VARCHAR, category VARCHAR, price_cents BIGINT, qty BIGINT, is_first_purchase BOOLEAN
-- key: subject
WITH arrived AS (
    SELECT *
    FROM line_state
    WHERE is_delivered AND delivered_on BETWEEN CAST($run_date AS DATE) - 60 AND CAST($run_date AS DATE)
),

bought_before AS (
    SELECT DISTINCT a.order_line_id
    FROM arrived AS a
    INNER JOIN line_state AS e ON e.customer_id = a.customer_id AND e.sku = a.sku AND e.order_id <> a.order_id
    WHERE e.placed_at <= a.placed_at
)

SELECT
    a.customer_id,
    a.order_line_id AS subject,
    a.order_id,
    a.sku,
    a.placed_on AS since_on,
    a.delivered_on,
    -- a probability over 90 days brought to 14, at an even rate
    1 - power(1 - coalesce(r.repeat_probability_90d, 0), CAST(14 AS DOUBLE) / 90) AS score,
    a.unit_price_cents * a.qty
    * coalesce(p.margin_share, CAST(p.price_cents - p.cost_cents AS DOUBLE) / nullif(p.price_cents, 0), $margin_share) AS worth_cents,
    date_diff('day', a.delivered_on, CAST($run_date AS DATE)) AS days_since_delivery,
    coalesce(p.product_type, 'unknown') AS product_type,
    p.category,
    a.unit_price_cents AS price_cents,
    a.qty,
    b.order_line_id IS NULL AS is_first_purchase
FROM arrived AS a
LEFT JOIN products AS p ON p.sku = a.sku
LEFT JOIN customers_scores AS r ON r.customer_id = a.customer_id
LEFT JOIN bought_before AS b ON b.order_line_id = a.order_line_id
