-- People with an order of which a part has arrived and the rest is missing.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT DISTINCT customer_id
FROM open_exceptions
WHERE exception = 'partial_delivery' AND customer_id IS NOT NULL
