-- People who say that a parcel never came, until that is settled.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT DISTINCT customer_id FROM open_claims WHERE type IN ('not_received', 'lost')
