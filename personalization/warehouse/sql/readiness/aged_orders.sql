-- One row for each night and order that was known and stood by then: how old it is, in whole days, and in seconds since 1970
-- when it was placed. Orders before $since_on are left out.
-- columns: night INTEGER, order_id VARCHAR, placed_epoch BIGINT, age_days BIGINT
-- key: night, order_id
SELECT
    nights.night,
    orders.order_id,
    floor(epoch(orders.placed_at)) AS placed_epoch,
    floor((nights.cutoff_epoch - floor(epoch(orders.placed_at))) / 86400) AS age_days
FROM orders
CROSS JOIN nights
WHERE CAST(orders.placed_at AS DATE) >= CAST($since_on AS DATE)
    AND orders.placed_at < nights.cutoff
    AND coalesce(orders.received_at, orders.placed_at) < nights.cutoff
    AND NOT coalesce(orders.is_test, FALSE)
    AND NOT coalesce(orders.cancelled_at < nights.cutoff, FALSE)
    AND orders.financial_status NOT IN ('voided', 'expired')
