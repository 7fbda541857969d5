-- People who reported a message as spam and have not subscribed since.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT customer_id FROM message_reactions WHERE complained_at IS NOT NULL
