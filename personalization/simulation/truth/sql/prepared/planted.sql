-- Every planted exception with the order, the customer and the goods that it is about, whichever of them it was written with.
SELECT
    exceptions.name,
    exceptions.exception_id,
    coalesce(exceptions.customer_id, orders.customer_id, tickets.customer_id) AS customer_id,
    orders.order_id,
    coalesce(exceptions.sku, order_lines.sku) AS sku,
    exceptions.shipment_id,
    exceptions.ticket_id,
    exceptions.return_id,
    exceptions.begins_at AS from_at,
    exceptions.ends_at AS until_at,
    exceptions.knowable_at AS known_from_at,
    exceptions.ends_at AS known_until_at
FROM exceptions
LEFT JOIN order_lines ON order_lines.order_line_id = exceptions.order_line_id
LEFT JOIN shipments ON shipments.shipment_id = exceptions.shipment_id
LEFT JOIN returns ON returns.return_id = exceptions.return_id
LEFT JOIN tickets ON tickets.ticket_id = exceptions.ticket_id
LEFT JOIN orders
    ON orders.order_id = coalesce(
        exceptions.order_id, order_lines.order_id, shipments.order_id, returns.order_id, tickets.order_id
    )
