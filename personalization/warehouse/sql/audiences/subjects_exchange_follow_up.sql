-- An exchange that is closed and whose replacement arrived in the last 60 days, as a line of a later order or in a later parcel of the same order; sku is what came. score is the chance that the customer orders within 14 days, worth the margin of what they order on average.
-- columns: customer_id VARCHAR, subject VARCHAR, order_id VARCHAR, sku VARCHAR, since_on DATE, delivered_on DATE, score DOUBLE, worth_cents DOUBLE, days_since_delivery BIGINT, product_type VARCHAR, category VARCHAR
-- key: subject
WITH swapped AS (
    SELECT r.return_id, r.order_id, r.requested_at, min(b.exchange_sku) AS sku
    FROM returns AS r
    INNER JOIN return_lines AS b ON b.return_id = r.return_id
    WHERE r.state = 'closed' AND coalesce(b.outcome, r.outcome) = 'exchange' AND b.exchange_sku IS NOT NULL
    GROUP BY r.return_id, r.order_id, r.requested_at
),

came AS (
    SELECT s.return_id, l.delivered_on
    FROM swapped AS s
    INNER JOIN order_state AS o ON o.order_id = s.order_id
    INNER JOIN line_state AS l ON l.customer_id = o.customer_id AND l.sku = s.sku AND l.placed_at >= s.requested_at
    WHERE l.is_delivered
    UNION ALL
    SELECT s.return_id, CAST(p.delivered_at AS DATE) AS delivered_on
    FROM swapped AS s
    INNER JOIN parcel_state AS p ON p.order_id = s.order_id AND p.shipped_at > s.requested_at
    WHERE p.delivered_at IS NOT NULL
),

arrived AS (
    SELECT return_id, min(delivered_on) AS delivered_on
    FROM came
    GROUP BY return_id
)

SELECT
    o.customer_id,
    s.return_id AS subject,
    s.order_id,
    s.sku,
    CAST(s.requested_at AS DATE) AS since_on,
    a.delivered_on,
    1 - power(1 - coalesce(r.repeat_probability_90d, 0), CAST(14 AS DOUBLE) / 90) AS score,
    coalesce(v.order_cents, 0) * $margin_share AS worth_cents,
    date_diff('day', a.delivered_on, CAST($run_date AS DATE)) AS days_since_delivery,
    coalesce(p.product_type, 'unknown') AS product_type,
    p.category
FROM swapped AS s
INNER JOIN arrived AS a ON a.return_id = s.return_id
INNER JOIN order_state AS o ON o.order_id = s.order_id
LEFT JOIN products AS p ON p.sku = s.sku
LEFT JOIN order_values AS v ON v.customer_id = o.customer_id
LEFT JOIN customers_scores AS r ON r.customer_id = o.customer_id
WHERE a.delivered_on BETWEEN CAST($run_date AS DATE) - 60 AND CAST($run_date AS DATE)
