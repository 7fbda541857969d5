-- One row for each night, carrier and region: parcels with an exception scan in the window that is a day old or older, and
-- how many of their customers got a message or a ticket about the order within 24 hours of the first such scan (R6).
-- columns: night INTEGER, carriers VARCHAR, regions VARCHAR, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, carriers, regions
WITH troubled AS (
    SELECT
        parcel_nights.night,
        parcel_nights.shipment_id,
        parcel_nights.order_id,
        nights.cutoff,
        split_part(parcel_nights.lane, '/', 1) AS carriers,
        split_part(parcel_nights.lane, '/', 3) AS regions,
        min(tracking_events.occurred_at) AS troubled_at
    FROM parcel_nights
    INNER JOIN nights ON nights.night = parcel_nights.night
    INNER JOIN tracking_events ON tracking_events.shipment_id = parcel_nights.shipment_id
    WHERE NOT parcel_nights.is_void
        AND tracking_events.status IN ('exception', 'attempt_failed', 'delayed', 'return_to_sender')
        AND tracking_events.received_at < nights.cutoff
        AND floor(epoch(tracking_events.occurred_at)) < nights.cutoff_epoch - 86400
        AND floor(epoch(tracking_events.occurred_at)) >= nights.cutoff_epoch - $window_days * 86400
    GROUP BY
        parcel_nights.night,
        parcel_nights.shipment_id,
        parcel_nights.order_id,
        nights.cutoff,
        split_part(parcel_nights.lane, '/', 1),
        split_part(parcel_nights.lane, '/', 3)
),
told AS (
    SELECT order_id, sent_at AS said_at, coalesce(received_at, sent_at) AS learned_at
    FROM messages
    WHERE order_id IS NOT NULL AND class = 'service' AND status <> 'bounced'
    UNION ALL
    SELECT order_id, created_at AS said_at, coalesce(received_at, created_at) AS learned_at
    FROM tickets
    WHERE order_id IS NOT NULL AND NOT coalesce(is_spam, FALSE)
),
handled AS (
    SELECT DISTINCT troubled.night, troubled.shipment_id
    FROM troubled
    INNER JOIN told ON told.order_id = troubled.order_id
    WHERE told.learned_at < troubled.cutoff
        AND told.said_at >= troubled.troubled_at
        AND floor(epoch(told.said_at)) <= floor(epoch(troubled.troubled_at)) + 86400
)
SELECT
    troubled.night,
    troubled.carriers,
    troubled.regions,
    count(handled.shipment_id) AS numerator,
    count(*) AS denominator,
    min(troubled.shipment_id) FILTER (WHERE handled.shipment_id IS NULL) AS first_id,
    max(troubled.shipment_id) FILTER (WHERE handled.shipment_id IS NULL) AS last_id
FROM troubled
LEFT JOIN handled ON handled.night = troubled.night AND handled.shipment_id = troubled.shipment_id
GROUP BY troubled.night, troubled.carriers, troubled.regions
