-- One row for each night, carrier and region: parcels that left in the window, and how many of them have a tracking number.
-- columns: night INTEGER, carriers VARCHAR, regions VARCHAR, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, carriers, regions
WITH sent AS (
    SELECT
        parcel_nights.night,
        parcel_nights.shipment_id,
        split_part(parcel_nights.lane, '/', 1) AS carriers,
        split_part(parcel_nights.lane, '/', 3) AS regions,
        CASE
            WHEN floor(epoch(parcel_nights.shipped_at)) >= nights.cutoff_epoch - $window_days * 86400 THEN 1
            ELSE 0
        END AS is_counted,
        parcel_nights.has_tracking_no
    FROM parcel_nights
    INNER JOIN nights ON nights.night = parcel_nights.night
    WHERE NOT parcel_nights.is_void
        AND parcel_nights.status <> 'cancelled'
        AND floor(epoch(parcel_nights.shipped_at)) >= nights.cutoff_epoch - $in_use_days * 86400
)
SELECT
    night,
    carriers,
    regions,
    count(*) FILTER (WHERE is_counted = 1 AND has_tracking_no) AS numerator,
    sum(is_counted) AS denominator,
    min(shipment_id) FILTER (WHERE is_counted = 1 AND NOT has_tracking_no) AS first_id,
    max(shipment_id) FILTER (WHERE is_counted = 1 AND NOT has_tracking_no) AS last_id
FROM sent
GROUP BY night, carriers, regions
