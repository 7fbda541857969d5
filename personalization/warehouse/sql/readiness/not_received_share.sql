-- One row for each night, carrier and region: parcels that arrived in the window, and how many of them the customer asked
-- for afterwards, or claimed as lost or not received, within 14 days.
-- columns: night INTEGER, carriers VARCHAR, regions VARCHAR, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, carriers, regions
WITH missed AS (
    SELECT order_id, created_at AS said_at, coalesce(received_at, created_at) AS learned_at
    FROM tickets
    WHERE reason = 'wismo' AND NOT coalesce(is_spam, FALSE) AND NOT coalesce(is_from_agent, FALSE)
    UNION ALL
    SELECT order_id, opened_at AS said_at, coalesce(received_at, opened_at) AS learned_at
    FROM claims
    WHERE type IN ('lost', 'not_received')
),
arrived AS (
    SELECT
        parcel_nights.night,
        nights.cutoff,
        parcel_nights.shipment_id,
        parcel_nights.order_id,
        parcel_nights.delivered_at,
        split_part(parcel_nights.lane, '/', 1) AS carriers,
        split_part(parcel_nights.lane, '/', 3) AS regions
    FROM parcel_nights
    INNER JOIN nights ON nights.night = parcel_nights.night
    WHERE NOT parcel_nights.is_void
        AND floor(epoch(parcel_nights.delivered_at)) >= nights.cutoff_epoch - $window_days * 86400
),
asked AS (
    SELECT DISTINCT arrived.night, arrived.shipment_id
    FROM arrived
    INNER JOIN missed ON missed.order_id = arrived.order_id
    WHERE missed.learned_at < arrived.cutoff
        AND missed.said_at > arrived.delivered_at
        AND floor(epoch(missed.said_at)) < floor(epoch(arrived.delivered_at)) + 14 * 86400
)
SELECT
    arrived.night,
    arrived.carriers,
    arrived.regions,
    count(asked.shipment_id) AS numerator,
    count(*) AS denominator,
    min(asked.shipment_id) AS first_id,
    max(asked.shipment_id) AS last_id
FROM arrived
LEFT JOIN asked ON asked.night = arrived.night AND asked.shipment_id = arrived.shipment_id
GROUP BY arrived.night, arrived.carriers, arrived.regions
