-- How likely each customer is to order within 14 days, and what their orders were worth on average, in goods that still stand.
-- columns: customer_id VARCHAR, score DOUBLE, order_cents DOUBLE
-- key: customer_id
WITH spent AS (
    SELECT customer_id, CAST(sum(qty * unit_price_cents) AS DOUBLE) / count(DISTINCT order_id) AS order_cents
    FROM line_state
    WHERE customer_id IS NOT NULL
    GROUP BY customer_id
)

SELECT
    r.customer_id,
    -- a probability over 90 days brought to 14, at an even rate
    1 - power(1 - coalesce(r.repeat_probability_90d, 0), CAST(14 AS DOUBLE) / 90) AS score,
    coalesce(s.order_cents, 0) AS order_cents
FROM customers_scores AS r
LEFT JOIN spent AS s ON s.customer_id = r.customer_id
