-- How long first-time buyers took to order again, one row a product type of the first order and day: how many ordered
-- again on that day after it, and for how many the data end on it. Only first orders of the last two years count, and
-- an order on the same day belongs to the first.
-- columns: product_type VARCHAR, day BIGINT, returned BIGINT, ended BIGINT
-- key: product_type, day
WITH ordered AS (
    SELECT
        customer_id,
        product_type,
        floor(epoch(placed_at)) AS placed_epoch,
        row_number() OVER (PARTITION BY customer_id ORDER BY placed_at, order_id) AS place
    FROM order_facts
    WHERE customer_id IS NOT NULL AND NOT is_cancelled AND placed_at < $cutoff
),
first_orders AS (
    SELECT customer_id, product_type, placed_epoch
    FROM ordered
    WHERE place = 1 AND placed_epoch >= $cutoff_epoch - 730 * 86400
),
seconds AS (
    SELECT first_orders.customer_id, min(ordered.placed_epoch) AS placed_epoch
    FROM first_orders
    INNER JOIN ordered
        ON ordered.customer_id = first_orders.customer_id AND ordered.placed_epoch >= first_orders.placed_epoch + 86400
    GROUP BY first_orders.customer_id
),
followed AS (
    SELECT
        first_orders.product_type,
        CASE WHEN seconds.customer_id IS NULL THEN 0 ELSE 1 END AS is_returned,
        floor((coalesce(seconds.placed_epoch, $cutoff_epoch) - first_orders.placed_epoch) / 86400) AS day
    FROM first_orders
    LEFT JOIN seconds ON seconds.customer_id = first_orders.customer_id
)
SELECT product_type, day, sum(is_returned) AS returned, sum(1 - is_returned) AS ended
FROM followed
GROUP BY product_type, day
