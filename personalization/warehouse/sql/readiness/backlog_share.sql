-- One row for each night: tickets that a customer wrote three days ago or earlier, as many days back as the window has, and
-- how many of them were not resolved within those three days.
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night
WITH judged AS (
    SELECT
        nights.night,
        tickets.ticket_id,
        CASE
            WHEN floor(epoch(tickets.resolved_at)) <= floor(epoch(tickets.created_at)) + 3 * 86400 THEN 0
            ELSE 1
        END AS is_slow
    FROM tickets
    CROSS JOIN nights
    WHERE coalesce(tickets.received_at, tickets.created_at) < nights.cutoff
        AND floor(epoch(tickets.created_at)) < nights.cutoff_epoch - 3 * 86400
        AND floor(epoch(tickets.created_at)) >= nights.cutoff_epoch - (3 + $window_days) * 86400
        AND NOT coalesce(tickets.is_spam, FALSE)
        AND NOT coalesce(tickets.is_from_agent, FALSE)
)
SELECT
    night,
    sum(is_slow) AS numerator,
    count(*) AS denominator,
    min(ticket_id) FILTER (WHERE is_slow = 1) AS first_id,
    max(ticket_id) FILTER (WHERE is_slow = 1) AS last_id
FROM judged
GROUP BY night
