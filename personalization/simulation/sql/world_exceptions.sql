-- The planted exceptions by name: how many, and how many orders and customers have one.
SELECT name, count(*) AS planted, count(DISTINCT order_id) AS orders, count(DISTINCT customer_id) AS customers
FROM exceptions
GROUP BY name
ORDER BY name
