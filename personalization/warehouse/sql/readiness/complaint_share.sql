-- One row for each night: marketing and education messages of the window that were delivered, and how many of them were marked as spam.
-- columns: night INTEGER, numerator BIGINT, denominator BIGINT, first_id VARCHAR, last_id VARCHAR
-- key: night
WITH sent AS (
    SELECT nights.night, nights.cutoff, messages.message_id
    FROM messages
    CROSS JOIN nights
    WHERE messages.sent_at < nights.cutoff
        AND coalesce(messages.received_at, messages.sent_at) < nights.cutoff
        AND floor(epoch(messages.sent_at)) >= nights.cutoff_epoch - $window_days * 86400
        AND messages.class <> 'service'
),
reacted AS (
    SELECT
        sent.night,
        sent.message_id,
        max(CASE WHEN engagement.type = 'complaint' THEN 1 ELSE 0 END) AS is_counted,
        max(CASE WHEN engagement.type IN ('delivered', 'complaint') THEN 1 ELSE 0 END) AS is_known
    FROM sent
    INNER JOIN engagement ON engagement.message_id = sent.message_id
    WHERE coalesce(engagement.received_at, engagement.occurred_at) < sent.cutoff
    GROUP BY sent.night, sent.message_id
)
SELECT
    night,
    sum(is_counted) AS numerator,
    count(*) AS denominator,
    min(message_id) FILTER (WHERE is_counted = 1) AS first_id,
    max(message_id) FILTER (WHERE is_counted = 1) AS last_id
FROM reacted
WHERE is_known = 1
GROUP BY night
