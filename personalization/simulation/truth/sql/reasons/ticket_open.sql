-- The customer has written and the matter is not solved, answered or not: first the answer, then anything else. Spam is no question.
SELECT
    coalesce(tickets.customer_id, orders.customer_id) AS customer_id,
    tickets.order_id,
    tickets.created_at AS from_at,
    tickets.resolved_at AS until_at,
    coalesce(tickets.received_at, tickets.created_at) AS known_from_at,
    tickets.resolved_at AS known_until_at
FROM tickets
LEFT JOIN orders ON orders.order_id = tickets.order_id
WHERE NOT coalesce(tickets.is_spam, FALSE)
    AND NOT coalesce(tickets.is_from_agent, FALSE)
    AND (tickets.resolved_at IS NOT NULL OR tickets.status NOT IN ('solved', 'closed'))
