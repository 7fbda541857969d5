-- One row for each night and carrier: scans of the window, and how many have a status that no vocabulary knows.
-- columns: night INTEGER, carriers VARCHAR, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, carriers
SELECT
    parcel_nights.night,
    split_part(parcel_nights.lane, '/', 1) AS carriers,
    count(*) FILTER (WHERE tracking_events.status = 'unknown') AS numerator,
    count(*) AS denominator,
    min(tracking_events.event_id) FILTER (WHERE tracking_events.status = 'unknown') AS first_id,
    max(tracking_events.event_id) FILTER (WHERE tracking_events.status = 'unknown') AS last_id
FROM tracking_events
INNER JOIN parcel_nights ON parcel_nights.shipment_id = tracking_events.shipment_id
INNER JOIN nights ON nights.night = parcel_nights.night
WHERE tracking_events.received_at < nights.cutoff
    AND floor(epoch(tracking_events.received_at)) >= nights.cutoff_epoch - $window_days * 86400
GROUP BY parcel_nights.night, split_part(parcel_nights.lane, '/', 1)
