-- One row for each night: orders that are 30 to 57 days old, and how many of them had a claim within 30 days; the same for
-- the 90 days of orders before those, as the shop's own baseline. Both have had the same time.
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT, baseline_numerator BIGINT, baseline_denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night
WITH opened AS (
    SELECT nights.night, claims.order_id, min(claims.opened_at) AS opened_at
    FROM claims
    CROSS JOIN nights
    WHERE coalesce(claims.received_at, claims.opened_at) < nights.cutoff
        AND CAST(claims.opened_at AS DATE) >= CAST($since_on AS DATE)
    GROUP BY nights.night, claims.order_id
),
judged AS (
    SELECT
        aged_orders.night,
        aged_orders.order_id,
        CASE WHEN aged_orders.age_days < 30 + $window_days THEN 1 ELSE 0 END AS is_recent,
        CASE WHEN floor(epoch(opened.opened_at)) < aged_orders.placed_epoch + 30 * 86400 THEN 1 ELSE 0 END AS is_claimed
    FROM aged_orders
    LEFT JOIN opened ON opened.night = aged_orders.night AND opened.order_id = aged_orders.order_id
    WHERE aged_orders.age_days >= 30 AND aged_orders.age_days < 30 + $window_days + 90
)
SELECT
    night,
    sum(is_recent * is_claimed) AS numerator,
    sum(is_recent) AS denominator,
    sum((1 - is_recent) * is_claimed) AS baseline_numerator,
    sum(1 - is_recent) AS baseline_denominator,
    min(order_id) FILTER (WHERE is_recent * is_claimed = 1) AS first_id,
    max(order_id) FILTER (WHERE is_recent * is_claimed = 1) AS last_id
FROM judged
GROUP BY night
