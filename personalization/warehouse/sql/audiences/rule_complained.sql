-- People who ever reported a message as spam; that they subscribed since does not take it back (T7).
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT customer_id FROM message_reactions WHERE complained_at IS NOT NULL
