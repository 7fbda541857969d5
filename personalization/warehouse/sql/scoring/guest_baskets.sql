-- One row for each order without a customer and each product in it, bought in the two years before the cutoff.
-- columns: order_id VARCHAR, sku VARCHAR, bought_day BIGINT
-- key: order_id, sku
SELECT
    order_id,
    sku,
    max(CAST(-floor(($cutoff_epoch - floor(epoch(placed_at))) / 86400) AS BIGINT)) AS bought_day
FROM line_state
WHERE customer_id IS NULL AND NOT is_returned AND floor(epoch(placed_at)) < $cutoff_epoch
GROUP BY order_id, sku
