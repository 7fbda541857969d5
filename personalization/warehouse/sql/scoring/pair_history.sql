-- One row for each customer and product bought in the year up to day $day: how often, when last, and the sums that the
-- renewal model needs. A gap runs from the day a purchase was in hand to the next purchase, at least one day; gaps that
-- touch a subscription order are left out. log_* are natural logs in millionths, whole numbers, so that sums are exact.
-- columns: customer_id VARCHAR, sku VARCHAR, purchases BIGINT, first_day BIGINT, last_day BIGINT, supply_day BIGINT, supply_units BIGINT, is_subscription BOOLEAN, gaps BIGINT, log_gap BIGINT, log_gap_gap BIGINT, log_qty BIGINT, log_qty_qty BIGINT, log_gap_qty BIGINT
-- key: customer_id, sku
WITH known AS (
    SELECT
        customer_id,
        sku,
        bought_day,
        CASE WHEN delivered_day <= $day THEN delivered_day ELSE bought_day END AS supply_day,
        qty,
        is_subscription,
        CAST(floor(ln(qty) * 1000000 + 0.5) AS BIGINT) AS log_qty,
        lead(bought_day) OVER (PARTITION BY customer_id, sku ORDER BY bought_day) AS next_day,
        lead(is_subscription) OVER (PARTITION BY customer_id, sku ORDER BY bought_day) AS is_next_subscription
    FROM purchase_days
    WHERE bought_day <= $day
),
gaps AS (
    SELECT
        customer_id,
        sku,
        bought_day,
        supply_day,
        qty,
        is_subscription,
        next_day,
        CASE
            WHEN next_day IS NOT NULL AND NOT is_subscription AND NOT is_next_subscription
            THEN CAST(floor(ln(greatest(next_day - supply_day, 1)) * 1000000 + 0.5) AS BIGINT)
        END AS log_gap,
        CASE WHEN next_day IS NOT NULL AND NOT is_subscription AND NOT is_next_subscription THEN log_qty END AS log_qty
    FROM known
)
SELECT
    customer_id,
    sku,
    count(*) AS purchases,
    min(bought_day) AS first_day,
    max(bought_day) AS last_day,
    max(CASE WHEN next_day IS NULL THEN supply_day END) AS supply_day,
    max(CASE WHEN next_day IS NULL THEN qty END) AS supply_units,
    max(CASE WHEN next_day IS NULL AND is_subscription THEN 1 ELSE 0 END) = 1 AS is_subscription,
    count(log_gap) AS gaps,
    coalesce(sum(log_gap), 0) AS log_gap,
    coalesce(sum(log_gap * log_gap), 0) AS log_gap_gap,
    coalesce(sum(log_qty), 0) AS log_qty,
    coalesce(sum(log_qty * log_qty), 0) AS log_qty_qty,
    coalesce(sum(log_gap * log_qty), 0) AS log_gap_qty
FROM gaps
GROUP BY customer_id, sku
HAVING max(bought_day) > $day - 365
