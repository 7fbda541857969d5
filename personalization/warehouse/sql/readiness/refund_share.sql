-- One row for each night and set of carriers ('' where none is known): orders that are 14 to 41 days old, and how many
-- were refunded, or were asked to be sent back for a refund, within 14 days; the same for the 90 days of orders before
-- those, as the shop's own baseline. Both have had the same time, so a growing or shrinking shop does not tilt it.
-- columns: night INTEGER, carriers VARCHAR, numerator BIGINT, denominator BIGINT, baseline_numerator BIGINT, baseline_denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, carriers
WITH asked_back AS (
    SELECT order_id, refunded_at AS happened_at, coalesce(received_at, refunded_at) AS learned_at
    FROM refunds
    UNION ALL
    SELECT order_id, requested_at AS happened_at, requested_at AS learned_at
    FROM returns
    WHERE state NOT IN ('cancelled', 'expired') AND coalesce(outcome, 'refund') = 'refund'
),
backs AS (
    SELECT nights.night, asked_back.order_id, min(asked_back.happened_at) AS back_at
    FROM asked_back
    CROSS JOIN nights
    WHERE asked_back.learned_at < nights.cutoff AND CAST(asked_back.happened_at AS DATE) >= CAST($since_on AS DATE)
    GROUP BY nights.night, asked_back.order_id
),
judged AS (
    SELECT
        aged_orders.night,
        aged_orders.order_id,
        coalesce(order_scopes.carriers, '') AS carriers,
        CASE WHEN aged_orders.age_days < 14 + $window_days THEN 1 ELSE 0 END AS is_recent,
        CASE WHEN floor(epoch(backs.back_at)) < aged_orders.placed_epoch + 14 * 86400 THEN 1 ELSE 0 END AS is_back
    FROM aged_orders
    LEFT JOIN order_scopes ON order_scopes.night = aged_orders.night AND order_scopes.order_id = aged_orders.order_id
    LEFT JOIN backs ON backs.night = aged_orders.night AND backs.order_id = aged_orders.order_id
    WHERE aged_orders.age_days >= 14 AND aged_orders.age_days < 14 + $window_days + 90
)
SELECT
    night,
    carriers,
    sum(is_recent * is_back) AS numerator,
    sum(is_recent) AS denominator,
    sum((1 - is_recent) * is_back) AS baseline_numerator,
    sum(1 - is_recent) AS baseline_denominator,
    min(order_id) FILTER (WHERE is_recent * is_back = 1) AS first_id,
    max(order_id) FILTER (WHERE is_recent * is_back = 1) AS last_id
FROM judged
GROUP BY night, carriers
