-- One row for each customer with an order up to day $day: order days and value, the sums of the log gaps between order
-- days, and the sums of the log value (cents) of order days that were worth something.
-- log_* are natural logs in millionths, whole numbers, so that sums are exact.
-- columns: customer_id VARCHAR, order_days BIGINT, orders BIGINT, value_cents BIGINT, first_day BIGINT, last_day BIGINT, gaps BIGINT, log_gap BIGINT, log_gap_gap BIGINT, valued_days BIGINT, log_value BIGINT, log_value_value BIGINT
-- key: customer_id
WITH known AS (
    SELECT
        customer_id,
        day,
        orders,
        value_cents,
        lead(day) OVER (PARTITION BY customer_id ORDER BY day) AS next_day
    FROM order_days
    WHERE day <= $day
),
gaps AS (
    SELECT
        customer_id,
        day,
        orders,
        value_cents,
        CASE WHEN next_day IS NOT NULL THEN CAST(floor(ln(next_day - day) * 1000000 + 0.5) AS BIGINT) END AS log_gap,
        CASE WHEN value_cents > 0 THEN CAST(floor(ln(value_cents) * 1000000 + 0.5) AS BIGINT) END AS log_value
    FROM known
)
SELECT
    customer_id,
    count(*) AS order_days,
    sum(orders) AS orders,
    sum(value_cents) AS value_cents,
    min(day) AS first_day,
    max(day) AS last_day,
    count(log_gap) AS gaps,
    coalesce(sum(log_gap), 0) AS log_gap,
    coalesce(sum(log_gap * log_gap), 0) AS log_gap_gap,
    count(log_value) AS valued_days,
    coalesce(sum(log_value), 0) AS log_value,
    coalesce(sum(log_value * log_value), 0) AS log_value_value
FROM gaps
GROUP BY customer_id
