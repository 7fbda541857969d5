-- People who reported a message as spam and have not subscribed since.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT r.customer_id
FROM message_reactions AS r
LEFT JOIN audience_consent AS w ON w.customer_id = r.customer_id
WHERE r.complained_at IS NOT NULL AND NOT coalesce(w.status = 'subscribed' AND w.captured_at > r.complained_at, FALSE)
