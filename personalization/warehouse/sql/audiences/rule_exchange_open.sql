-- People with an exchange that is not closed.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT DISTINCT customer_id FROM open_returns WHERE is_exchange
