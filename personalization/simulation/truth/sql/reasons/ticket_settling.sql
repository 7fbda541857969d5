-- A complaint was solved a moment ago: three days of quiet (our choice) before the shop wants something again.
SELECT
    coalesce(tickets.customer_id, orders.customer_id) AS customer_id,
    tickets.order_id,
    tickets.resolved_at AS from_at,
    tickets.resolved_at + INTERVAL 3 DAY AS until_at,
    greatest(tickets.resolved_at, tickets.received_at) AS known_from_at,
    tickets.resolved_at + INTERVAL 3 DAY AS known_until_at,
    'should' AS certainty
FROM tickets
LEFT JOIN orders ON orders.order_id = tickets.order_id
WHERE NOT coalesce(tickets.is_spam, FALSE) AND tickets.reason <> 'product_question' AND tickets.resolved_at IS NOT NULL
