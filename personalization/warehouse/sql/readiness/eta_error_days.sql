-- One row for each night, carrier, region and number of days: parcels promised for a day of the window that came so many
-- days late. What came by its day is 0 days late, what has not come is as late as it is by now. Days are the shop's own.
-- columns: night INTEGER, carriers VARCHAR, regions VARCHAR, amount DOUBLE, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, carriers, regions, amount
WITH due AS (
    SELECT
        parcel_nights.night,
        parcel_nights.shipment_id,
        split_part(parcel_nights.lane, '/', 1) AS carriers,
        split_part(parcel_nights.lane, '/', 3) AS regions,
        coalesce(
            floor((floor(epoch(parcel_nights.delivered_at)) + nights.utc_offset_seconds) / 86400),
            date_diff('day', DATE '1970-01-01', nights.night_on) + 1
        ) - date_diff('day', DATE '1970-01-01', parcel_nights.promised_by_on) AS days_late
    FROM parcel_nights
    INNER JOIN nights ON nights.night = parcel_nights.night
    WHERE NOT parcel_nights.is_void
        AND parcel_nights.status <> 'cancelled'
        AND parcel_nights.promised_by_on <= nights.night_on
        AND parcel_nights.promised_by_on > nights.night_on - CAST($window_days AS INTEGER)
)
SELECT
    night,
    carriers,
    regions,
    greatest(days_late, 0) AS amount,
    count(*) AS denominator,
    min(shipment_id) FILTER (WHERE days_late > 0) AS first_id,
    max(shipment_id) FILTER (WHERE days_late > 0) AS last_id
FROM due
GROUP BY night, carriers, regions, greatest(days_late, 0)
