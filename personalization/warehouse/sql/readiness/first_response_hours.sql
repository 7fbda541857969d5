-- One row for each night and number of hours (begun tenths count): tickets of the window that a customer wrote and that were answered, or
-- resolved, so many hours later. A ticket without an answer counts with its hours so far.
-- columns: night INTEGER, amount DOUBLE, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night, amount
WITH answered AS (
    SELECT
        nights.night,
        nights.cutoff_epoch,
        tickets.ticket_id,
        floor(epoch(tickets.created_at)) AS created_epoch,
        CASE WHEN tickets.first_reply_at < nights.cutoff THEN floor(epoch(tickets.first_reply_at)) END AS reply_epoch,
        CASE WHEN tickets.resolved_at < nights.cutoff THEN floor(epoch(tickets.resolved_at)) END AS resolved_epoch
    FROM tickets
    CROSS JOIN nights
    WHERE coalesce(tickets.received_at, tickets.created_at) < nights.cutoff
        AND tickets.created_at < nights.cutoff
        AND floor(epoch(tickets.created_at)) >= nights.cutoff_epoch - $window_days * 86400
        AND NOT coalesce(tickets.is_spam, FALSE)
        AND NOT coalesce(tickets.is_from_agent, FALSE)
),
timed AS (
    SELECT
        night,
        ticket_id,
        ceil((coalesce(reply_epoch, resolved_epoch, cutoff_epoch) - created_epoch) / 360) / 10 AS hours
    FROM answered
)
SELECT night, hours AS amount, count(*) AS denominator, min(ticket_id) AS first_id, max(ticket_id) AS last_id
FROM timed
GROUP BY night, hours
