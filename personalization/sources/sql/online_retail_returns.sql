-- The credit note is all that is known, so request and close carry its time.
SELECT
    return_id,
    min(order_id) AS order_id,
    'closed' AS state,
    min(sold_at) AS requested_at,
    min(sold_at) AS closed_at,
    'refund' AS outcome,
    TRUE AS is_received_assumed
FROM matched
GROUP BY return_id
ORDER BY return_id
