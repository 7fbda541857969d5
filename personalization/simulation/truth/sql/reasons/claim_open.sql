-- A claim is being decided: the shop owes an answer.
SELECT
    orders.customer_id,
    claims.order_id,
    claims.opened_at AS from_at,
    claims.resolved_at AS until_at,
    coalesce(claims.received_at, claims.opened_at) AS known_from_at,
    claims.resolved_at AS known_until_at
FROM claims
JOIN orders ON orders.order_id = claims.order_id
