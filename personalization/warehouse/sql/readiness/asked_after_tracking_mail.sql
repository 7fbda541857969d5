-- One row for each night: tickets of the window that ask where an order is, and how many of these customers had been sent a
-- tracking message about the order before they asked (R16).
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
told AS (
    SELECT DISTINCT asked.night, asked.ticket_id
    FROM asked
    INNER JOIN messages ON messages.order_id = asked.order_id
    WHERE messages.source = 'tracking'
        AND messages.status <> 'bounced'
        AND messages.sent_at < asked.created_at
)
SELECT
    asked.night,
    count(told.ticket_id) AS numerator,
    count(*) AS denominator,
    min(told.ticket_id) AS first_id,
    max(told.ticket_id) AS last_id
FROM asked
LEFT JOIN told ON told.night = asked.night AND told.ticket_id = asked.ticket_id
GROUP BY asked.night
