-- People whose mailbox refused a message for good and who have not subscribed since.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT customer_id FROM message_reactions WHERE bounced_at IS NOT NULL
