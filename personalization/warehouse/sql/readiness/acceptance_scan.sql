-- One row for each night, carrier and region: parcels with a tracking number that left in the window and had two weekdays
-- since, and how many of them the carrier scanned by the second weekday after they left. Days are the shop's own.
-- columns: night INTEGER, carriers VARCHAR, regions VARCHAR, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, carriers, regions
WITH dated AS (
    SELECT
        parcel_nights.night,
        parcel_nights.shipment_id,
        split_part(parcel_nights.lane, '/', 1) AS carriers,
        split_part(parcel_nights.lane, '/', 3) AS regions,
        -- Monday 1969-12-29 is day 0 of these weeks
        floor((floor(epoch(parcel_nights.shipped_at)) + nights.utc_offset_seconds) / 86400) + 3 AS left_on,
        floor((floor(epoch(parcel_nights.first_scan_at)) + nights.utc_offset_seconds) / 86400) + 3 AS scanned_on,
        date_diff('day', DATE '1970-01-01', nights.night_on) + 3 AS today
    FROM parcel_nights
    INNER JOIN nights ON nights.night = parcel_nights.night
    WHERE NOT parcel_nights.is_void
        AND parcel_nights.status <> 'cancelled'
        AND parcel_nights.has_tracking_no
        AND floor(epoch(parcel_nights.shipped_at)) >= nights.cutoff_epoch - $window_days * 86400
),
counted AS (
    SELECT
        night,
        shipment_id,
        carriers,
        regions,
        floor(left_on / 7) * 5 + least(left_on - 7 * floor(left_on / 7), 5) AS left_weekday,
        floor(scanned_on / 7) * 5 + least(scanned_on - 7 * floor(scanned_on / 7), 5) AS scanned_weekday,
        floor(today / 7) * 5 + least(today - 7 * floor(today / 7), 5) AS weekday
    FROM dated
),
judged AS (
    SELECT
        night,
        shipment_id,
        carriers,
        regions,
        CASE WHEN scanned_weekday - left_weekday <= 2 THEN 1 ELSE 0 END AS is_scanned
    FROM counted
    WHERE weekday - left_weekday > 2
)
SELECT
    night,
    carriers,
    regions,
    sum(is_scanned) AS numerator,
    count(*) AS denominator,
    min(shipment_id) FILTER (WHERE is_scanned = 0) AS first_id,
    max(shipment_id) FILTER (WHERE is_scanned = 0) AS last_id
FROM judged
GROUP BY night, carriers, regions
