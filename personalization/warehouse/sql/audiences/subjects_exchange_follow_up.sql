-- An exchange that is closed and whose replacement arrived in the last 60 days, as a line of a later order or in a later parcel of the same order; sku is what came. score is the chance that the customer orders within 14 days, worth the margin of what they order on average.
-- columns: customer_id VARCHAR, subject VARCHAR, order_id VARCHAR, sku VARCHAR, since_on DATE, delivered_on DATE, score DOUBLE, worth_cents DOUBLE, days_since_delivery BIGINT, product_type VARCHAR, category VARCHAR
-- key: subject
WITH came AS (
    SELECT s.return_id, l.delivered_on
    FROM exchanged AS s
    INNER JOIN line_state AS l ON l.customer_id = s.customer_id AND l.sku = s.sku
    WHERE l.is_delivered AND l.placed_at >= s.requested_at
    UNION ALL
    SELECT s.return_id, CAST(p.delivered_at AS DATE) AS delivered_on
    FROM exchanged AS s
    INNER JOIN parcel_state AS p ON p.order_id = s.order_id
    WHERE p.delivered_at IS NOT NULL AND p.shipped_at > s.requested_at
),

arrived AS (
    SELECT return_id, min(delivered_on) AS delivered_on
    FROM came
    GROUP BY return_id
)

SELECT
    s.customer_id,
    s.return_id AS subject,
    s.order_id,
    s.sku,
    CAST(s.requested_at AS DATE) AS since_on,
    a.delivered_on,
    coalesce(v.score, 0) AS score,
    coalesce(v.order_cents, 0) * $margin_share AS worth_cents,
    date_diff('day', a.delivered_on, CAST($run_date AS DATE)) AS days_since_delivery,
    coalesce(p.product_type, 'unknown') AS product_type,
    p.category
FROM exchanged AS s
INNER JOIN arrived AS a ON a.return_id = s.return_id
LEFT JOIN products AS p ON p.sku = s.sku
LEFT JOIN order_values AS v ON v.customer_id = s.customer_id
WHERE a.delivered_on BETWEEN CAST($run_date AS DATE) - 60 AND CAST($run_date AS DATE)
