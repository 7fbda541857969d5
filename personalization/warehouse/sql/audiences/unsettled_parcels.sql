-- Each parcel of a known person that did not arrive, unless a claim for it was settled, or nothing was heard of it for months and they have bought again since and received that.
-- columns: shipment_id VARCHAR, order_id VARCHAR, customer_id VARCHAR, status VARCHAR, is_open BOOLEAN, shipped_at TIMESTAMP, last_event_at TIMESTAMP
-- key: shipment_id
SELECT
    s.shipment_id,
    s.order_id,
    coalesce(s.customer_id, o.customer_id) AS customer_id,
    s.status,
    s.is_open,
    s.shipped_at,
    s.last_event_at
FROM parcel_state AS s
LEFT JOIN order_state AS o ON o.order_id = s.order_id
WHERE
    coalesce(s.customer_id, o.customer_id) IS NOT NULL
    AND s.delivered_at IS NULL
    AND (s.is_open OR s.status = 'return_to_sender')
    AND (
        CAST(coalesce(s.last_event_at, s.shipped_at) AS DATE) >= CAST($run_date AS DATE) - CAST($settled_days AS INTEGER)
        OR NOT EXISTS (
            SELECT 1
            FROM order_state AS n
            WHERE n.customer_id = coalesce(s.customer_id, o.customer_id) AND n.placed_at > o.placed_at AND n.delivered_on IS NOT NULL
        )
    )
    AND NOT EXISTS (
        SELECT 1
        FROM claims AS c
        WHERE c.order_id = s.order_id AND c.type IN ('lost', 'not_received') AND c.resolved_at >= s.shipped_at
    )
