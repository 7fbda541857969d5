-- One row for each customer and day with an order: how many orders, and what they were worth without returned lines.
-- Days are counted from the run date, which is day 0.
-- columns: customer_id VARCHAR, day BIGINT, orders BIGINT, value_cents BIGINT
-- key: customer_id, day
SELECT
    customer_id,
    CAST(-floor(($cutoff_epoch - floor(epoch(placed_at))) / 86400) AS BIGINT) AS day,
    count(DISTINCT order_id) AS orders,
    CAST(sum(CASE WHEN is_returned THEN 0 ELSE qty * unit_price_cents END) AS BIGINT) AS value_cents
FROM line_state
WHERE customer_id IS NOT NULL AND floor(epoch(placed_at)) < $cutoff_epoch
GROUP BY customer_id, CAST(-floor(($cutoff_epoch - floor(epoch(placed_at))) / 86400) AS BIGINT)
