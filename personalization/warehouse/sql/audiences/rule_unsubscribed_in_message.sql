-- People who unsubscribed through a message and have not subscribed since.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT customer_id FROM message_reactions WHERE unsubscribed_at IS NOT NULL
