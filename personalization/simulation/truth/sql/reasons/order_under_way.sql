-- Everything is anchored on the parcel: until an order has arrived nothing rests on it, and asking for the next one can wait.
WITH under_way AS (
    SELECT
        customer_id,
        order_id,
        placed_at AS from_at,
        least(arrived_at, cancelled_at, made_good_at) AS until_at,
        known_at AS known_from_at,
        least(told_arrived_at, cancelled_at, told_at) AS known_until_at,
        -- A line of a split order that has arrived may be spoken of; the missing ones are under partial_delivery.
        least(arrived_at, cancelled_at, first_at) AS first_at,
        least(told_arrived_at, cancelled_at, told_first_at) AS told_first_at
    FROM journeys
    LEFT JOIN made_good USING (order_id)
)
SELECT customer_id, 'order' AS scope, order_id, 'must' AS certainty, from_at, first_at AS until_at, known_from_at, told_first_at AS known_until_at
FROM under_way
UNION ALL
SELECT customer_id, 'customer', order_id, 'should', from_at, until_at, known_from_at, known_until_at
FROM under_way
