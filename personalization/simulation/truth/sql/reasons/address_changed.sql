-- The address was changed after the order: whether the parcel finds its way is open until it is there.
SELECT
    orders.customer_id,
    orders.order_id,
    orders.ship_to_changed_at AS from_at,
    least(journeys.arrived_at, journeys.cancelled_at) AS until_at,
    orders.ship_to_changed_at AS known_from_at,
    least(journeys.told_arrived_at, journeys.cancelled_at) AS known_until_at,
    'should' AS certainty
FROM orders
JOIN journeys ON journeys.order_id = orders.order_id
WHERE orders.ship_to_changed_at IS NOT NULL
