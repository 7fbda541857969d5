SELECT
    return_id AS refund_id,
    min(order_id) AS order_id,
    CAST(sum(value_cents) AS BIGINT) AS amount_cents,
    min(sold_at) AS refunded_at,
    min(sold_at) AS received_at,
    TRUE AS is_received_assumed
FROM matched
GROUP BY return_id
HAVING sum(value_cents) > 0
ORDER BY return_id
