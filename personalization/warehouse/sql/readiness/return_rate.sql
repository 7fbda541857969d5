-- One row for each night and category ('' where there is none): order lines that are 30 to 57 days old, and how many of
-- them were asked to be sent back within 30 days; the same for the 90 days of orders before those, as the shop's own
-- baseline. Both have had the same time.
-- columns: night INTEGER, category VARCHAR, numerator BIGINT, denominator BIGINT, baseline_numerator BIGINT, baseline_denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, category
WITH sent_back AS (
    SELECT return_lines.order_line_id, min(returns.requested_at) AS requested_at
    FROM return_lines
    INNER JOIN returns ON returns.return_id = return_lines.return_id
    WHERE returns.state NOT IN ('cancelled', 'expired')
        AND CAST(returns.requested_at AS DATE) >= CAST($since_on AS DATE)
    GROUP BY return_lines.order_line_id
),
judged AS (
    SELECT
        aged_orders.night,
        order_lines.order_line_id,
        coalesce(replace(products.category, ',', '-'), '') AS category,
        CASE WHEN aged_orders.age_days < 30 + $window_days THEN 1 ELSE 0 END AS is_recent,
        CASE
            WHEN sent_back.requested_at < nights.cutoff
                AND floor(epoch(sent_back.requested_at)) < aged_orders.placed_epoch + 30 * 86400
            THEN 1
            ELSE 0
        END AS is_back
    FROM aged_orders
    INNER JOIN nights ON nights.night = aged_orders.night
    INNER JOIN order_lines ON order_lines.order_id = aged_orders.order_id
    LEFT JOIN products ON products.sku = order_lines.sku
    LEFT JOIN sent_back ON sent_back.order_line_id = order_lines.order_line_id
    WHERE aged_orders.age_days >= 30 AND aged_orders.age_days < 30 + $window_days + 90
)
SELECT
    night,
    category,
    sum(is_recent * is_back) AS numerator,
    sum(is_recent) AS denominator,
    sum((1 - is_recent) * is_back) AS baseline_numerator,
    sum(1 - is_recent) AS baseline_denominator,
    min(order_line_id) FILTER (WHERE is_recent * is_back = 1) AS first_id,
    max(order_line_id) FILTER (WHERE is_recent * is_back = 1) AS last_id
FROM judged
GROUP BY night, category
