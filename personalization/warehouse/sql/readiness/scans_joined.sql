-- One row for each night: scans learned of in the window, and how many of them belong to a parcel that is known.
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night
WITH counted AS (
    SELECT
        nights.night,
        tracking_events.event_id AS id,
        CASE WHEN shipments.shipment_id IS NULL THEN 0 ELSE 1 END AS is_joined
    FROM tracking_events
    CROSS JOIN nights
    LEFT JOIN shipments ON shipments.shipment_id = tracking_events.shipment_id
    WHERE coalesce(tracking_events.received_at, tracking_events.occurred_at) < nights.cutoff
        AND floor(epoch(coalesce(tracking_events.received_at, tracking_events.occurred_at))) >= nights.cutoff_epoch - $window_days * 86400
)
SELECT
    night,
    sum(is_joined) AS numerator,
    count(*) AS denominator,
    min(id) FILTER (WHERE is_joined = 0) AS first_id,
    max(id) FILTER (WHERE is_joined = 0) AS last_id
FROM counted
GROUP BY night
