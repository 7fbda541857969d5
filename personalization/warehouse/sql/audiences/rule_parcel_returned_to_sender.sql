-- People whose parcel went back to the shop in the last 90 days, not refunded since (as long as the journey counts it as open).
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT DISTINCT u.customer_id
FROM unsettled_parcels AS u
WHERE
    u.status = 'return_to_sender'
    AND CAST(coalesce(u.last_event_at, u.shipped_at) AS DATE) >= CAST($run_date AS DATE) - 90
    AND NOT EXISTS (
        SELECT 1 FROM refunds AS r WHERE r.order_id = u.order_id AND r.refunded_at >= coalesce(u.last_event_at, u.shipped_at)
    )
