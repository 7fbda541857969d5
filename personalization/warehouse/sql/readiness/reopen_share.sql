-- One row for each night: tickets resolved in the window, and how many of them had been opened again.
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night
SELECT
    nights.night,
    count(*) FILTER (WHERE tickets.reopens > 0) AS numerator,
    count(*) AS denominator,
    min(tickets.ticket_id) FILTER (WHERE tickets.reopens > 0) AS first_id,
    max(tickets.ticket_id) FILTER (WHERE tickets.reopens > 0) AS last_id
FROM tickets
CROSS JOIN nights
WHERE tickets.resolved_at < nights.cutoff
    AND floor(epoch(tickets.resolved_at)) >= nights.cutoff_epoch - $window_days * 86400
    AND NOT coalesce(tickets.is_spam, FALSE)
    AND NOT coalesce(tickets.is_from_agent, FALSE)
GROUP BY nights.night
