-- Each return of a known person that is not closed. One in a closed state without a date counts for 30 days after it was asked for.
-- columns: return_id VARCHAR, customer_id VARCHAR, is_exchange BOOLEAN
-- key: return_id
SELECT
    r.return_id,
    o.customer_id,
    coalesce(r.outcome = 'exchange', FALSE) AS is_exchange
FROM returns AS r
INNER JOIN order_state AS o ON o.order_id = r.order_id
WHERE
    o.customer_id IS NOT NULL
    AND r.closed_at IS NULL
    AND coalesce(r.outcome <> 'rejected', TRUE)
    AND r.state NOT IN ('cancelled', 'expired')
    AND (r.state <> 'closed' OR CAST(r.requested_at AS DATE) >= CAST($run_date AS DATE) - 30)
