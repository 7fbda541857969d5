-- Each exchange that is closed, with what was to come for it.
-- columns: return_id VARCHAR, order_id VARCHAR, customer_id VARCHAR, sku VARCHAR, requested_at TIMESTAMP
-- key: return_id
SELECT r.return_id, r.order_id, o.customer_id, min(b.exchange_sku) AS sku, r.requested_at
FROM returns AS r
INNER JOIN return_lines AS b ON b.return_id = r.return_id
INNER JOIN order_state AS o ON o.order_id = r.order_id
WHERE r.state = 'closed' AND coalesce(b.outcome, r.outcome) = 'exchange' AND b.exchange_sku IS NOT NULL
GROUP BY r.return_id, r.order_id, o.customer_id, r.requested_at
