-- What the shop's list hears of it: who clicked on unsubscribe has left, and who complained is never written to again.
SELECT
    sent.customer_id,
    'email' AS channel,
    'marketing' AS purpose,
    engagement.occurred_at AS captured_at,
    CASE WHEN bool_or(engagement.type = 'complaint') THEN 'suppressed' ELSE 'unsubscribed' END AS status,
    CASE WHEN bool_or(engagement.type = 'complaint') THEN 'complaint' END AS reason,
    'simulation' AS source,
    'link in a mail' AS method,
    min(engagement.received_at) AS received_at,
    FALSE AS is_received_assumed
FROM engagement_out AS engagement
JOIN sent ON sent.message_id = engagement.message_id
WHERE engagement.type IN ('unsubscribe', 'complaint')
GROUP BY sent.customer_id, engagement.occurred_at
ORDER BY sent.customer_id, engagement.occurred_at
