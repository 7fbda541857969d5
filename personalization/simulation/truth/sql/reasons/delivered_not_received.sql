-- The carrier says delivered and the customer has nothing: to congratulate on the new purchase would be mockery.
SELECT customer_id, order_id, from_at, until_at, known_from_at, known_until_at FROM planted WHERE name = 'delivered_not_received'
