-- One row for each product type: the window's orders, what they were worth and left, and how many were a buyer's first;
-- the same number of days before the window: orders.
-- columns: product_type VARCHAR, orders BIGINT, first_orders BIGINT, value_cents BIGINT, margin_cents DOUBLE, known_margins BIGINT, orders_before BIGINT
-- key: product_type
WITH counted AS (
    SELECT
        order_id,
        product_type,
        value_cents,
        value_cents * margin_share AS margin_cents,
        CASE WHEN is_margin_known THEN 1 ELSE 0 END AS known,
        floor(epoch(placed_at)) AS placed_epoch,
        CASE
            WHEN customer_id IS NULL THEN 0
            ELSE row_number() OVER (PARTITION BY customer_id ORDER BY placed_at, order_id)
        END AS place
    FROM order_facts
    WHERE NOT is_cancelled AND placed_at < $cutoff
)
SELECT
    product_type,
    count(*) FILTER (WHERE placed_epoch >= $cutoff_epoch - $window_days * 86400) AS orders,
    count(*) FILTER (WHERE placed_epoch >= $cutoff_epoch - $window_days * 86400 AND place = 1) AS first_orders,
    coalesce(sum(value_cents) FILTER (WHERE placed_epoch >= $cutoff_epoch - $window_days * 86400), 0) AS value_cents,
    coalesce(sum(margin_cents) FILTER (WHERE placed_epoch >= $cutoff_epoch - $window_days * 86400), 0) AS margin_cents,
    coalesce(sum(known) FILTER (WHERE placed_epoch >= $cutoff_epoch - $window_days * 86400), 0) AS known_margins,
    count(*) FILTER (
        WHERE placed_epoch < $cutoff_epoch - $window_days * 86400
            AND placed_epoch >= $cutoff_epoch - 2 * $window_days * 86400
    ) AS orders_before
FROM counted
GROUP BY product_type
