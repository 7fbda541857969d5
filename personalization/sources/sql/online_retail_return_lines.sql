SELECT
    return_id,
    order_line_id,
    CAST(sum(qty) AS BIGINT) AS qty,
    'unknown' AS reason,
    'refund' AS outcome,
    CAST(sum(value_cents) AS BIGINT) AS value_cents,
    min(sold_at) AS received_at,
    TRUE AS is_received_assumed
FROM matched
GROUP BY return_id, order_line_id
ORDER BY return_id, order_line_id
