-- One row for each night and carrier: parcels with scans learned in the window, and how many of them have a scan that
-- cannot be: one of a later time than it was learned at, the same word at the same moment twice, or one of moving on
-- more than an hour after the parcel was handed over (R6).
-- columns: night INTEGER, carriers VARCHAR, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, carriers
WITH scans AS (
    SELECT
        parcel_nights.night,
        parcel_nights.shipment_id,
        split_part(parcel_nights.lane, '/', 1) AS carriers,
        CASE
            WHEN floor(epoch(tracking_events.occurred_at)) > floor(epoch(tracking_events.received_at)) + 3600 THEN 1
            WHEN tracking_events.status IN ('in_transit', 'out_for_delivery', 'label_created')
                AND floor(epoch(tracking_events.occurred_at)) > floor(epoch(parcel_nights.delivered_at)) + 3600 THEN 1
            WHEN row_number() OVER (
                PARTITION BY
                    parcel_nights.night,
                    parcel_nights.shipment_id,
                    tracking_events.status,
                    tracking_events.occurred_at
                ORDER BY tracking_events.event_id
            ) > 1 THEN 1
            ELSE 0
        END AS is_wrong
    FROM tracking_events
    INNER JOIN parcel_nights ON parcel_nights.shipment_id = tracking_events.shipment_id
    INNER JOIN nights ON nights.night = parcel_nights.night
    WHERE tracking_events.received_at < nights.cutoff
        AND floor(epoch(tracking_events.received_at)) >= nights.cutoff_epoch - $window_days * 86400
),
parcels AS (
    SELECT night, shipment_id, carriers, max(is_wrong) AS is_wrong
    FROM scans
    GROUP BY night, shipment_id, carriers
)
SELECT
    night,
    carriers,
    sum(is_wrong) AS numerator,
    count(*) AS denominator,
    min(shipment_id) FILTER (WHERE is_wrong = 1) AS first_id,
    max(shipment_id) FILTER (WHERE is_wrong = 1) AS last_id
FROM parcels
GROUP BY night, carriers
