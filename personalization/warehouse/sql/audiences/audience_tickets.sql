-- Each ticket that is not spam, with the person it is about: the one who wrote, else the one whose order it names.
-- columns: ticket_id VARCHAR, customer_id VARCHAR, order_id VARCHAR, status VARCHAR, reason VARCHAR, created_at TIMESTAMP, resolved_at TIMESTAMP
-- key: ticket_id, customer_id
SELECT
    t.ticket_id,
    coalesce(a.person_id, t.customer_id) AS customer_id,
    t.order_id,
    t.status,
    t.reason,
    t.created_at,
    t.resolved_at
FROM tickets AS t
LEFT JOIN audience_alias AS a ON a.customer_id = t.customer_id
WHERE t.customer_id IS NOT NULL AND NOT coalesce(t.is_spam, FALSE)
UNION
SELECT
    t.ticket_id,
    o.customer_id,
    t.order_id,
    t.status,
    t.reason,
    t.created_at,
    t.resolved_at
FROM tickets AS t
INNER JOIN order_state AS o ON o.order_id = t.order_id
WHERE o.customer_id IS NOT NULL AND NOT coalesce(t.is_spam, FALSE)
