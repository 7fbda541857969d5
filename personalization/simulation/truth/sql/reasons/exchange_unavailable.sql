-- The size asked for in exchange is gone: the customer waits for the shop to make it good.
SELECT customer_id, order_id, from_at, until_at, known_from_at, known_until_at FROM planted WHERE name = 'exchange_size_unavailable'
