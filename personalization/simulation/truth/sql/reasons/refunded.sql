-- The whole order was paid back: it is undone, with a return or without one.
WITH paid_back AS (
    SELECT
        refunds.order_id,
        refunds.refunded_at,
        coalesce(refunds.received_at, refunds.refunded_at) AS known_at,
        sum(refunds.amount_cents) OVER (PARTITION BY refunds.order_id ORDER BY refunds.refunded_at, refunds.refund_id) AS cents
    FROM refunds
),
whole AS (
    SELECT orders.order_id, orders.customer_id, min(paid_back.refunded_at) AS from_at, min(paid_back.known_at) AS known_from_at
    FROM paid_back
    JOIN orders ON orders.order_id = paid_back.order_id
    WHERE paid_back.cents >= orders.total_cents AND paid_back.cents > 0
    GROUP BY orders.order_id, orders.customer_id
    UNION ALL
    SELECT order_id, customer_id, from_at, known_from_at FROM planted WHERE name = 'refund_without_return'
)
SELECT customer_id, 'order' AS scope, order_id, min(from_at) AS from_at, min(known_from_at) AS known_from_at
FROM whole
GROUP BY customer_id, order_id
