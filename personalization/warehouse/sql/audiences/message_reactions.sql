-- The newest unsubscribe, complaint and hard bounce of each person, from the mail that any tool sent them.
-- columns: customer_id VARCHAR, unsubscribed_at TIMESTAMP, complained_at TIMESTAMP, bounced_at TIMESTAMP
-- key: customer_id
SELECT
    coalesce(a.person_id, m.customer_id) AS customer_id,
    max(CASE WHEN e.type = 'unsubscribe' THEN e.occurred_at END) AS unsubscribed_at,
    max(CASE WHEN e.type = 'complaint' THEN e.occurred_at END) AS complained_at,
    max(CASE WHEN e.type = 'bounce_hard' THEN e.occurred_at END) AS bounced_at
FROM engagement AS e
INNER JOIN messages AS m ON m.message_id = e.message_id
LEFT JOIN audience_alias AS a ON a.customer_id = m.customer_id
WHERE m.channel = 'email' AND e.type IN ('unsubscribe', 'complaint', 'bounce_hard')
GROUP BY coalesce(a.person_id, m.customer_id)
