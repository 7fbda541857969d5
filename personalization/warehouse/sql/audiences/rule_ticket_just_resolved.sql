-- People whose support ticket was resolved in the last days; an answered question about a product leaves nothing to get over.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT DISTINCT customer_id
FROM audience_tickets
WHERE
    CAST(resolved_at AS DATE) > CAST($run_date AS DATE) - CAST($cool_down_days AS INTEGER)
    AND coalesce(reason, 'unknown') <> 'product_question'
