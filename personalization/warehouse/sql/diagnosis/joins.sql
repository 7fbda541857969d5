-- One row for each link between two systems' tables: how many rows should find a partner, and how many do.
-- columns: link VARCHAR, matched BIGINT, total BIGINT
-- key: link
SELECT
    'order lines to products' AS link,
    count(*) FILTER (WHERE EXISTS (SELECT 1 FROM products WHERE products.sku = order_lines.sku)) AS matched,
    count(*) AS total
FROM order_lines
UNION ALL
SELECT
    'parcels to orders' AS link,
    count(*) FILTER (WHERE EXISTS (SELECT 1 FROM orders WHERE orders.order_id = shipments.order_id)) AS matched,
    count(*) AS total
FROM shipments
UNION ALL
SELECT
    'scans to parcels' AS link,
    count(*) FILTER (
        WHERE EXISTS (SELECT 1 FROM shipments WHERE shipments.shipment_id = tracking_events.shipment_id)
    ) AS matched,
    count(*) AS total
FROM tracking_events
UNION ALL
SELECT
    'tickets to orders' AS link,
    count(*) FILTER (WHERE EXISTS (SELECT 1 FROM orders WHERE orders.order_id = tickets.order_id)) AS matched,
    count(*) AS total
FROM tickets
WHERE NOT coalesce(is_spam, FALSE)
UNION ALL
SELECT
    'returns to orders' AS link,
    count(*) FILTER (WHERE EXISTS (SELECT 1 FROM orders WHERE orders.order_id = returns.order_id)) AS matched,
    count(*) AS total
FROM returns
UNION ALL
SELECT
    'messages to customers' AS link,
    count(*) FILTER (
        WHERE EXISTS (SELECT 1 FROM customers WHERE customers.customer_id = messages.customer_id)
    ) AS matched,
    count(*) AS total
FROM messages
