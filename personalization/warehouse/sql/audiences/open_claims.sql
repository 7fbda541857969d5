-- Each claim of a known person that is not settled. One in a settled state without a date counts for 60 days.
-- columns: claim_id VARCHAR, customer_id VARCHAR, type VARCHAR
-- key: claim_id
SELECT
    c.claim_id,
    o.customer_id,
    c.type
FROM claims AS c
INNER JOIN order_state AS o ON o.order_id = c.order_id
WHERE
    o.customer_id IS NOT NULL
    AND c.resolved_at IS NULL
    AND (
        lower(c.state) NOT IN ('resolved', 'closed', 'rejected', 'denied', 'cancelled', 'paid', 'settled')
        OR CAST(c.opened_at AS DATE) >= CAST($run_date AS DATE) - 60
    )
