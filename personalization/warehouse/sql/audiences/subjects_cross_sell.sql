-- An order whose parcels all arrived in the last 60 days; score is that of the best item to suggest, worth such that score times worth is what all suggested items together are expected to bring.
-- columns: customer_id VARCHAR, subject VARCHAR, order_id VARCHAR, sku VARCHAR, since_on DATE, delivered_on DATE, score DOUBLE, worth_cents DOUBLE, days_since_delivery BIGINT, order_lines BIGINT, order_value_cents BIGINT, is_latest_order BOOLEAN, has_considered_goods BOOLEAN, new_item_count BIGINT
-- key: subject
WITH arrived AS (
    SELECT *
    FROM order_state
    WHERE delivered_on BETWEEN CAST($run_date AS DATE) - 60 AND CAST($run_date AS DATE)
),

goods AS (
    SELECT
        l.order_id,
        sum(l.qty * l.unit_price_cents) AS order_value_cents,
        max(CASE WHEN p.product_type = 'considered' THEN 1 ELSE 0 END) AS considered
    FROM line_state AS l
    INNER JOIN arrived AS a ON a.order_id = l.order_id
    LEFT JOIN products AS p ON p.sku = l.sku
    GROUP BY l.order_id
),

newest AS (
    SELECT customer_id, max(placed_at) AS placed_at
    FROM order_state
    WHERE NOT is_cancelled AND NOT is_test
    GROUP BY customer_id
),

suggested AS (
    SELECT
        customer_id,
        count(*) AS new_item_count,
        max(CASE WHEN position <= $most_items AND is_allowed THEN score END) AS best_score,
        -- summed as whole millionths, so that the order of the rows cannot matter
        sum(CASE WHEN position <= $most_items AND is_allowed THEN CAST(floor(score * worth_cents * 1e6 + 0.5) AS BIGINT) ELSE 0 END) AS value_millionths
    FROM cross_sell_items
    GROUP BY customer_id
)

SELECT
    a.customer_id,
    a.order_id AS subject,
    a.order_id,
    CAST(NULL AS VARCHAR) AS sku,
    a.placed_on AS since_on,
    a.delivered_on,
    coalesce(s.best_score, 0) AS score,
    coalesce(CAST(s.value_millionths AS DOUBLE) / 1000000 / nullif(s.best_score, 0), 0) AS worth_cents,
    date_diff('day', a.delivered_on, CAST($run_date AS DATE)) AS days_since_delivery,
    a.lines AS order_lines,
    coalesce(g.order_value_cents, 0) AS order_value_cents,
    coalesce(n.placed_at <= a.placed_at, FALSE) AS is_latest_order,
    coalesce(g.considered, 0) = 1 AS has_considered_goods,
    coalesce(s.new_item_count, 0) AS new_item_count
FROM arrived AS a
LEFT JOIN goods AS g ON g.order_id = a.order_id
LEFT JOIN newest AS n ON n.customer_id = a.customer_id
LEFT JOIN suggested AS s ON s.customer_id = a.customer_id
