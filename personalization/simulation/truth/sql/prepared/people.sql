-- Since when each customer is there to be left alone: the account, or the first order of somebody who made the account later.
WITH first_orders AS (
    SELECT customer_id, min(placed_at) AS placed_at FROM orders WHERE customer_id IS NOT NULL GROUP BY customer_id
)
SELECT
    customers.customer_id,
    nullif(lower(trim(customers.email)), '') AS address,
    coalesce(customers.is_b2b, FALSE) AS is_b2b,
    customers.do_not_contact_reason,
    nullif(nullif(trim(customers.merged_into), ''), customers.customer_id) AS merged_into,
    coalesce(least(customers.created_at, first_orders.placed_at), TIMESTAMP '1970-01-01') AS since_at,
    customers.received_at
FROM customers
LEFT JOIN first_orders ON first_orders.customer_id = customers.customer_id
