-- One row for each night, carrier and region: parcels that left in the window, and how many of them have a promised day.
-- columns: night INTEGER, carriers VARCHAR, regions VARCHAR, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, carriers, regions
SELECT
    parcel_nights.night,
    split_part(parcel_nights.lane, '/', 1) AS carriers,
    split_part(parcel_nights.lane, '/', 3) AS regions,
    count(parcel_nights.promised_by_on) AS numerator,
    count(*) AS denominator,
    min(parcel_nights.shipment_id) FILTER (WHERE parcel_nights.promised_by_on IS NULL) AS first_id,
    max(parcel_nights.shipment_id) FILTER (WHERE parcel_nights.promised_by_on IS NULL) AS last_id
FROM parcel_nights
INNER JOIN nights ON nights.night = parcel_nights.night
WHERE NOT parcel_nights.is_void
    AND parcel_nights.status <> 'cancelled'
    AND floor(epoch(parcel_nights.shipped_at)) >= nights.cutoff_epoch - $window_days * 86400
GROUP BY parcel_nights.night, split_part(parcel_nights.lane, '/', 1), split_part(parcel_nights.lane, '/', 3)
