-- People with an order of which nothing has left (T10), or nothing that is still on its way, until it is cancelled or made good. One that has waited as long as the oldest parcel we wait for is no longer expected once they bought again and received that.
-- columns: customer_id VARCHAR
-- key: customer_id
SELECT DISTINCT w.customer_id
FROM order_state AS w
WHERE
    w.customer_id IS NOT NULL
    AND NOT w.is_cancelled
    AND NOT w.is_test
    AND w.lines > 0
    AND w.delivered_lines = 0
    AND NOT EXISTS (
        SELECT 1
        FROM parcel_state AS s
        WHERE s.order_id = w.order_id AND (s.is_open OR s.delivered_at IS NOT NULL OR s.status = 'return_to_sender')
    )
    AND NOT EXISTS (
        SELECT 1
        FROM claims AS c
        WHERE c.order_id = w.order_id AND c.type IN ('lost', 'not_received') AND c.resolved_at IS NOT NULL
    )
    AND NOT EXISTS (SELECT 1 FROM refunds AS r WHERE r.order_id = w.order_id)
    AND (
        w.placed_on >= CAST($run_date AS DATE) - CAST($settled_days AS INTEGER)
        OR NOT EXISTS (
            SELECT 1
            FROM order_state AS n
            WHERE n.customer_id = w.customer_id AND n.placed_at > w.placed_at AND n.delivered_on IS NOT NULL
        )
    )
