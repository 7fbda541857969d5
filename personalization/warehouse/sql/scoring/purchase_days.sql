-- One row for each customer, product and day on which it was bought: days are counted from the run date, which is day 0.
-- Returned lines are no purchases; a bundle counts as itself and as each of its parts; purchases of one day are one.
-- columns: customer_id VARCHAR, sku VARCHAR, bought_day BIGINT, delivered_day BIGINT, qty BIGINT, is_subscription BOOLEAN
-- key: customer_id, sku, bought_day
WITH bought AS (
    SELECT
        line_state.customer_id,
        line_state.sku,
        line_state.qty,
        CAST(-floor(($cutoff_epoch - floor(epoch(line_state.placed_at))) / 86400) AS BIGINT) AS bought_day,
        CAST(-floor(($cutoff_epoch - floor(epoch(line_state.delivered_at))) / 86400) AS BIGINT) AS delivered_day,
        CASE WHEN orders.is_subscription THEN 1 ELSE 0 END AS by_subscription
    FROM line_state
    LEFT JOIN orders ON orders.order_id = line_state.order_id
    WHERE line_state.customer_id IS NOT NULL
        AND NOT line_state.is_returned
        AND floor(epoch(line_state.placed_at)) < $cutoff_epoch
),
parts AS (
    SELECT products.sku, parts.part
    FROM products
    CROSS JOIN unnest(products.bundle_of) AS parts(part)
    WHERE parts.part <> products.sku
),
exploded AS (
    SELECT customer_id, sku, qty, bought_day, delivered_day, by_subscription
    FROM bought
    UNION ALL
    SELECT bought.customer_id, parts.part AS sku, bought.qty, bought.bought_day, bought.delivered_day, bought.by_subscription
    FROM bought
    INNER JOIN parts ON parts.sku = bought.sku
)
SELECT
    customer_id,
    sku,
    bought_day,
    CASE WHEN count(*) = count(delivered_day) THEN max(delivered_day) END AS delivered_day,
    CAST(sum(qty) AS BIGINT) AS qty,
    max(by_subscription) = 1 AS is_subscription
FROM exploded
GROUP BY customer_id, sku, bought_day
