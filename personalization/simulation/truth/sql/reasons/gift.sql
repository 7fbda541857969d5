-- The buyer does not have the goods, somebody else unpacks them: no tips, no reminder when they must be used up, and
-- better no talk of what goes with them.
WITH gifts AS (
    SELECT order_id, customer_id, placed_at AS from_at, coalesce(received_at, placed_at) AS known_from_at
    FROM orders
    WHERE coalesce(is_gift, FALSE) OR coalesce(recipient_customer_id <> customer_id, FALSE)
    UNION ALL
    -- The shop was told nothing of it: only the buyer knows.
    SELECT planted.order_id, orders.customer_id, orders.placed_at, planted.known_from_at
    FROM planted
    JOIN orders ON orders.order_id = planted.order_id
    WHERE planted.name = 'gift_order'
        AND NOT coalesce(orders.is_gift, FALSE)
        AND NOT coalesce(orders.recipient_customer_id <> orders.customer_id, FALSE)
)
SELECT
    gifts.customer_id,
    programs.program,
    'order' AS scope,
    gifts.order_id,
    programs.certainty,
    gifts.from_at,
    gifts.known_from_at
FROM gifts
CROSS JOIN (
    VALUES ('onboarding', 'must'), ('replenishment', 'must'), ('cross_sell', 'should')
) AS programs (program, certainty)
