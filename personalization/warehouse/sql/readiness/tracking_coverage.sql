-- One row for each night and carrier: parcels that left in the window, and how many of them have a tracking number.
-- columns: night INTEGER, carriers VARCHAR, numerator BIGINT, denominator BIGINT
-- key: night, carriers
SELECT
    parcel_nights.night,
    split_part(parcel_nights.lane, '/', 1) AS carriers,
    count(*) FILTER (
        WHERE parcel_nights.has_tracking_no
            AND floor(epoch(parcel_nights.shipped_at)) >= nights.cutoff_epoch - $window_days * 86400
    ) AS numerator,
    count(*) FILTER (
        WHERE floor(epoch(parcel_nights.shipped_at)) >= nights.cutoff_epoch - $window_days * 86400
    ) AS denominator
FROM parcel_nights
INNER JOIN nights ON nights.night = parcel_nights.night
WHERE NOT parcel_nights.is_void
    AND parcel_nights.status <> 'cancelled'
    AND floor(epoch(parcel_nights.shipped_at)) >= nights.cutoff_epoch - $in_use_days * 86400
GROUP BY parcel_nights.night, split_part(parcel_nights.lane, '/', 1)
