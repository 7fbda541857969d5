-- People with a support ticket that is not resolved, spam left out. A ticket marked solved without saying when counts for 30 days.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT DISTINCT customer_id
FROM audience_tickets
WHERE
    resolved_at IS NULL
    AND (status NOT IN ('solved', 'closed') OR CAST(created_at AS DATE) >= CAST($run_date AS DATE) - 30)
