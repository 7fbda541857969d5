-- One row for each night: tickets of the window that ask where an order is, and how many of them the shop's own data
-- answered: the parcel had been delivered, or was scanned within the three days before (R11).
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night
WITH asked AS (
    SELECT nights.night, tickets.ticket_id, tickets.order_id, tickets.created_at
    FROM tickets
    CROSS JOIN nights
    WHERE tickets.reason = 'wismo'
        AND tickets.order_id IS NOT NULL
        AND coalesce(tickets.received_at, tickets.created_at) < nights.cutoff
        AND tickets.created_at < nights.cutoff
        AND floor(epoch(tickets.created_at)) >= nights.cutoff_epoch - $window_days * 86400
        AND NOT coalesce(tickets.is_spam, FALSE)
        AND NOT coalesce(tickets.is_from_agent, FALSE)
),
answered AS (
    SELECT DISTINCT asked.night, asked.ticket_id
    FROM asked
    INNER JOIN shipments ON shipments.order_id = asked.order_id
    INNER JOIN tracking_events ON tracking_events.shipment_id = shipments.shipment_id
    WHERE tracking_events.received_at <= asked.created_at
        AND (
            tracking_events.status = 'delivered'
            OR floor(epoch(tracking_events.occurred_at)) >= floor(epoch(asked.created_at)) - 3 * 86400
        )
)
SELECT
    asked.night,
    count(answered.ticket_id) AS numerator,
    count(*) AS denominator,
    min(answered.ticket_id) AS first_id,
    max(answered.ticket_id) AS last_id
FROM asked
LEFT JOIN answered ON answered.night = asked.night AND answered.ticket_id = asked.ticket_id
GROUP BY asked.night
