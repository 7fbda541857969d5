-- One row for each night: tickets of the window that customers wrote, and how many of them ask where an order is.
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night
SELECT
    nights.night,
    count(*) FILTER (WHERE tickets.reason = 'wismo') AS numerator,
    count(*) AS denominator,
    min(tickets.ticket_id) FILTER (WHERE tickets.reason = 'wismo') AS first_id,
    max(tickets.ticket_id) FILTER (WHERE tickets.reason = 'wismo') AS last_id
FROM tickets
CROSS JOIN nights
WHERE coalesce(tickets.received_at, tickets.created_at) < nights.cutoff
    AND tickets.created_at < nights.cutoff
    AND floor(epoch(tickets.created_at)) >= nights.cutoff_epoch - $window_days * 86400
    AND NOT coalesce(tickets.is_spam, FALSE)
    AND NOT coalesce(tickets.is_from_agent, FALSE)
GROUP BY nights.night
