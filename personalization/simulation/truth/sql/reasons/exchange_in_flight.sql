-- Goods are being exchanged: what the customer will end up with is open.
SELECT customer_id, order_id, from_at, until_at, known_from_at, known_until_at FROM planted WHERE name = 'exchange_in_flight'
