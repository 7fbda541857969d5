-- One row for each night: parcels learned of in the window, and how many of them belong to an order that is known.
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night
WITH counted AS (
    SELECT
        nights.night,
        shipments.shipment_id AS id,
        CASE WHEN orders.order_id IS NULL THEN 0 ELSE 1 END AS is_joined
    FROM shipments
    CROSS JOIN nights
    LEFT JOIN orders ON orders.order_id = shipments.order_id
    WHERE coalesce(shipments.received_at, shipments.shipped_at) < nights.cutoff
        AND floor(epoch(coalesce(shipments.received_at, shipments.shipped_at))) >= nights.cutoff_epoch - $window_days * 86400
)
SELECT
    night,
    sum(is_joined) AS numerator,
    count(*) AS denominator,
    min(id) FILTER (WHERE is_joined = 0) AS first_id,
    max(id) FILTER (WHERE is_joined = 0) AS last_id
FROM counted
GROUP BY night
