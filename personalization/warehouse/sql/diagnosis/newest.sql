-- One row for each table that a system feeds: its rows, and when the newest of them was learned.
-- columns: source VARCHAR, rows_known BIGINT, newest_at TIMESTAMP
-- key: source
SELECT 'orders' AS source, count(*) AS rows_known, max(coalesce(received_at, placed_at)) AS newest_at
FROM orders
UNION ALL
SELECT 'shipments' AS source, count(*) AS rows_known, max(coalesce(received_at, shipped_at)) AS newest_at
FROM shipments
UNION ALL
SELECT 'tracking_events' AS source, count(*) AS rows_known, max(received_at) AS newest_at
FROM tracking_events
UNION ALL
SELECT 'tickets' AS source, count(*) AS rows_known, max(coalesce(received_at, created_at)) AS newest_at
FROM tickets
UNION ALL
SELECT 'returns' AS source, count(*) AS rows_known, max(requested_at) AS newest_at
FROM returns
UNION ALL
SELECT 'messages' AS source, count(*) AS rows_known, max(coalesce(received_at, sent_at)) AS newest_at
FROM messages
UNION ALL
SELECT 'consents' AS source, count(*) AS rows_known, max(coalesce(received_at, captured_at)) AS newest_at
FROM consents
UNION ALL
SELECT 'customers' AS source, count(*) AS rows_known, max(coalesce(received_at, created_at)) AS newest_at
FROM customers
UNION ALL
SELECT 'products' AS source, count(*) AS rows_known, max(received_at) AS newest_at
FROM products
