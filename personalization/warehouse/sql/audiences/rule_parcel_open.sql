-- People with a parcel that has left and not arrived, whether all is well with it or not.
-- columns: customer_id VARCHAR, code VARCHAR
-- key: customer_id, code
SELECT DISTINCT
    customer_id,
    CASE
        WHEN status IN ('exception', 'expired', 'delayed', 'attempt_failed') THEN 'parcel_in_trouble'
        WHEN CAST(coalesce(last_event_at, shipped_at) AS DATE) < CAST($run_date AS DATE) - CAST($stalled_days AS INTEGER) THEN 'parcel_stalled'
        ELSE 'parcel_under_way'
    END AS code
FROM unsettled_parcels
WHERE is_open
