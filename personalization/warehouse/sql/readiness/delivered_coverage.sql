-- One row for each night, carrier and region: parcels that left three weeks before the night or earlier, as many days
-- back as the window has, and how many of them are known to have arrived or to have been sent back.
-- columns: night INTEGER, carriers VARCHAR, regions VARCHAR, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, carriers, regions
WITH ended AS (
    SELECT
        parcel_nights.night,
        parcel_nights.shipment_id,
        split_part(parcel_nights.lane, '/', 1) AS carriers,
        split_part(parcel_nights.lane, '/', 3) AS regions,
        CASE
            WHEN parcel_nights.delivered_at IS NOT NULL OR parcel_nights.status = 'return_to_sender' THEN 1
            ELSE 0
        END AS is_known
    FROM parcel_nights
    INNER JOIN nights ON nights.night = parcel_nights.night
    WHERE NOT parcel_nights.is_void
        AND parcel_nights.status <> 'cancelled'
        AND floor(epoch(parcel_nights.shipped_at)) < nights.cutoff_epoch - 21 * 86400
        AND floor(epoch(parcel_nights.shipped_at)) >= nights.cutoff_epoch - (21 + $window_days) * 86400
)
SELECT
    night,
    carriers,
    regions,
    sum(is_known) AS numerator,
    count(*) AS denominator,
    min(shipment_id) FILTER (WHERE is_known = 0) AS first_id,
    max(shipment_id) FILTER (WHERE is_known = 0) AS last_id
FROM ended
GROUP BY night, carriers, regions
