-- People who disputed a charge in the last 180 days.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT DISTINCT o.customer_id
FROM chargebacks AS b
INNER JOIN order_state AS o ON o.order_id = b.order_id
WHERE o.customer_id IS NOT NULL AND CAST(b.opened_at AS DATE) >= CAST($run_date AS DATE) - 180
