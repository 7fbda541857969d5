-- People with an order of which nothing has left yet (T10); one that has waited as long as the oldest parcel we wait for is no longer expected.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT DISTINCT customer_id
FROM order_state
WHERE
    customer_id IS NOT NULL
    AND NOT is_cancelled
    AND NOT is_test
    AND stage IN ('confirmation', 'fulfilment')
    AND placed_on >= CAST($run_date AS DATE) - CAST($settled_days AS INTEGER)
