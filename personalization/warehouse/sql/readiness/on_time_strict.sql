-- One row for each night, carrier and region: parcels whose promised day ended in the window, and
-- how many had arrived by then. A parcel that has not arrived did not. Days are the shop's own.
-- columns: night INTEGER, carriers VARCHAR, regions VARCHAR, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, carriers, regions
WITH due AS (
    SELECT
        parcel_nights.night,
        parcel_nights.shipment_id,
        split_part(parcel_nights.lane, '/', 1) AS carriers,
        split_part(parcel_nights.lane, '/', 3) AS regions,
        CASE
            WHEN parcel_nights.promised_by_on <= nights.night_on
                AND parcel_nights.promised_by_on > nights.night_on - CAST($window_days AS INTEGER)
            THEN 1
            ELSE 0
        END AS is_due,
        CASE
            WHEN floor(epoch(parcel_nights.delivered_at)) + nights.utc_offset_seconds
                < (date_diff('day', DATE '1970-01-01', parcel_nights.promised_by_on) + 1) * 86400
            THEN 1
            ELSE 0
        END AS is_on_time
    FROM parcel_nights
    INNER JOIN nights ON nights.night = parcel_nights.night
    WHERE NOT parcel_nights.is_void
        AND parcel_nights.status <> 'cancelled'
        AND (
            parcel_nights.promised_by_on > nights.night_on - CAST($window_days AS INTEGER)
            OR floor(epoch(parcel_nights.shipped_at)) >= nights.cutoff_epoch - $in_use_days * 86400
        )
)
SELECT
    night,
    carriers,
    regions,
    sum(is_due * is_on_time) AS numerator,
    sum(is_due) AS denominator,
    min(shipment_id) FILTER (WHERE is_due = 1 AND is_on_time = 0) AS first_id,
    max(shipment_id) FILTER (WHERE is_due = 1 AND is_on_time = 0) AS last_id
FROM due
GROUP BY night, carriers, regions
