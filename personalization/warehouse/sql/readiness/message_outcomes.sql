-- One row for each night and message of the four weeks before it of which anything is known: what became of it by then.
-- columns: night INTEGER, message_id VARCHAR, is_marketing BOOLEAN, is_email BOOLEAN, is_delivered BOOLEAN, is_complained BOOLEAN, is_left BOOLEAN, is_bounced BOOLEAN, is_hard_bounced BOOLEAN
-- key: night, message_id
SELECT
    nights.night,
    messages.message_id,
    messages.class <> 'service' AS is_marketing,
    messages.channel = 'email' AS is_email,
    max(CASE WHEN engagement.type = 'delivered' THEN 1 ELSE 0 END) = 1 AS is_delivered,
    max(CASE WHEN engagement.type = 'complaint' THEN 1 ELSE 0 END) = 1 AS is_complained,
    max(CASE WHEN engagement.type = 'unsubscribe' THEN 1 ELSE 0 END) = 1 AS is_left,
    max(CASE WHEN engagement.type IN ('bounce_hard', 'bounce_soft') THEN 1 ELSE 0 END) = 1 AS is_bounced,
    max(CASE WHEN engagement.type = 'bounce_hard' THEN 1 ELSE 0 END) = 1 AS is_hard_bounced
FROM messages
CROSS JOIN nights
INNER JOIN engagement ON engagement.message_id = messages.message_id
WHERE messages.sent_at < nights.cutoff
    AND coalesce(messages.received_at, messages.sent_at) < nights.cutoff
    AND floor(epoch(messages.sent_at)) >= nights.cutoff_epoch - 28 * 86400
    AND coalesce(engagement.received_at, engagement.occurred_at) < nights.cutoff
GROUP BY nights.night, messages.message_id, messages.class, messages.channel
