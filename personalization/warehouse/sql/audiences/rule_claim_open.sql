-- People with another claim that is not settled.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT DISTINCT customer_id FROM open_claims WHERE type NOT IN ('not_received', 'lost')
