-- One row for each night: customers who were written to in the window, by whichever tool, and how many of them more than
-- six times (T8).
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT
-- key: night
WITH written AS (
    SELECT nights.night, messages.customer_id, count(*) AS messages
    FROM messages
    CROSS JOIN nights
    WHERE messages.sent_at < nights.cutoff
        AND coalesce(messages.received_at, messages.sent_at) < nights.cutoff
        AND floor(epoch(messages.sent_at)) >= nights.cutoff_epoch - $window_days * 86400
        AND messages.status <> 'bounced'
        AND messages.customer_id IS NOT NULL
    GROUP BY nights.night, messages.customer_id
)
SELECT
    night,
    count(*) FILTER (WHERE messages > 6) AS numerator,
    count(*) AS denominator
FROM written
GROUP BY night
