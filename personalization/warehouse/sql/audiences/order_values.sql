-- What each customer's orders were worth on average, in goods that still stand.
-- columns: customer_id VARCHAR, order_cents DOUBLE
-- key: customer_id
SELECT customer_id, CAST(sum(qty * unit_price_cents) AS DOUBLE) / count(DISTINCT order_id) AS order_cents
FROM line_state
WHERE customer_id IS NOT NULL
GROUP BY customer_id
