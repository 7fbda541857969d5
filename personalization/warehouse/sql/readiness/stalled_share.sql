-- One row for each night, carrier and region: parcels on the way that left in the window, and how many were not scanned
-- for three weekdays, or for ten where they go to another country than most customers live in (T3). Days are the shop's own.
-- columns: night INTEGER, carriers VARCHAR, regions VARCHAR, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, carriers, regions
WITH under_way AS (
    SELECT
        parcel_nights.night,
        parcel_nights.shipment_id,
        split_part(parcel_nights.lane, '/', 1) AS carriers,
        split_part(parcel_nights.lane, '/', 3) AS regions,
        customers.country,
        floor(
            (
                floor(epoch(coalesce(parcel_nights.last_event_at, parcel_nights.shipped_at)))
                + nights.utc_offset_seconds
            ) / 86400
        ) + 3 AS heard_on,
        date_diff('day', DATE '1970-01-01', nights.night_on) + 3 AS today
    FROM parcel_nights
    INNER JOIN nights ON nights.night = parcel_nights.night
    LEFT JOIN customers ON customers.customer_id = parcel_nights.customer_id
    WHERE parcel_nights.is_open
        AND NOT parcel_nights.is_void
        AND floor(epoch(parcel_nights.shipped_at)) >= nights.cutoff_epoch - $window_days * 86400
),
judged AS (
    SELECT
        under_way.night,
        under_way.shipment_id,
        under_way.carriers,
        under_way.regions,
        CASE
            WHEN
                floor(today / 7) * 5 + least(today - 7 * floor(today / 7), 5)
                - floor(heard_on / 7) * 5 - least(heard_on - 7 * floor(heard_on / 7), 5)
                > CASE WHEN under_way.country IS NULL OR home_country.country IS NOT NULL THEN 3 ELSE 10 END
            THEN 1
            ELSE 0
        END AS is_stalled
    FROM under_way
    LEFT JOIN home_country ON home_country.country = under_way.country
)
SELECT
    night,
    carriers,
    regions,
    sum(is_stalled) AS numerator,
    count(*) AS denominator,
    min(shipment_id) FILTER (WHERE is_stalled = 1) AS first_id,
    max(shipment_id) FILTER (WHERE is_stalled = 1) AS last_id
FROM judged
GROUP BY night, carriers, regions
