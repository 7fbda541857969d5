-- People whose parcel went back to the shop, not refunded since, as long as it is unsettled.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT DISTINCT u.customer_id
FROM unsettled_parcels AS u
WHERE
    u.status = 'return_to_sender'
    AND NOT EXISTS (
        SELECT 1 FROM refunds AS r WHERE r.order_id = u.order_id AND r.refunded_at >= u.shipped_at
    )
