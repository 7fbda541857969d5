-- The order is cancelled and its parcel still travels: two stories meet at the customer, and a third would be one too many.
SELECT customer_id, order_id, from_at, until_at, known_from_at, known_until_at FROM planted WHERE name = 'cancelled_after_shipping'
