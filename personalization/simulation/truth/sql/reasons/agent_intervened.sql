-- A person of the shop has taken this customer's matter in hand, or has written first: a machine does not talk over them.
SELECT customer_id, order_id, from_at, until_at, known_from_at, known_until_at FROM planted WHERE name = 'agent_intervened'
UNION ALL
SELECT
    coalesce(tickets.customer_id, orders.customer_id),
    tickets.order_id,
    tickets.created_at,
    tickets.resolved_at,
    coalesce(tickets.received_at, tickets.created_at),
    tickets.resolved_at
FROM tickets
LEFT JOIN orders ON orders.order_id = tickets.order_id
WHERE tickets.is_from_agent
    AND NOT coalesce(tickets.is_spam, FALSE)
    AND (tickets.resolved_at IS NOT NULL OR tickets.status NOT IN ('solved', 'closed'))
