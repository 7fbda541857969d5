-- People with an order of the last 30 days (T10) of which nothing has left yet.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT DISTINCT customer_id
FROM order_state
WHERE
    customer_id IS NOT NULL
    AND NOT is_cancelled
    AND NOT is_test
    AND stage IN ('confirmation', 'fulfilment')
    AND CAST(placed_at AS DATE) >= CAST($run_date AS DATE) - 30
