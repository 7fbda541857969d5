-- Each line that a customer sent back or meant to, of a cancelled order too, with when and why; is_kept says that it stayed with them after all.
-- columns: customer_id VARCHAR, order_line_id VARCHAR, order_id VARCHAR, sku VARCHAR, reason VARCHAR, is_kept BOOLEAN, requested_at TIMESTAMP
-- key: order_line_id, reason
SELECT
    o.customer_id,
    l.order_line_id,
    l.order_id,
    l.sku,
    coalesce(b.reason, 'unknown') AS reason,
    coalesce(NOT s.is_returned, FALSE) AS is_kept,
    max(r.requested_at) AS requested_at
FROM return_lines AS b
INNER JOIN returns AS r ON r.return_id = b.return_id
INNER JOIN order_lines AS l ON l.order_line_id = b.order_line_id
INNER JOIN order_state AS o ON o.order_id = l.order_id
LEFT JOIN line_state AS s ON s.order_line_id = l.order_line_id
WHERE o.customer_id IS NOT NULL
GROUP BY o.customer_id, l.order_line_id, l.order_id, l.sku, s.is_returned, coalesce(b.reason, 'unknown')
