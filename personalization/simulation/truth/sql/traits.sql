-- What is known of each customer's habits: orders, orders of consumables, the days since the first, and whether they said yes.
WITH habits AS (
    SELECT
        customer_id,
        count(DISTINCT order_id) AS orders,
        count(DISTINCT order_id) FILTER (WHERE product_type = 'consumable') AS consumable_orders
    FROM bought
    WHERE NOT is_cancelled
    GROUP BY customer_id
)
SELECT
    people.customer_id,
    md5_number_lower(people.customer_id) AS customer_key,
    coalesce(habits.orders, 0) AS orders,
    coalesce(habits.consumable_orders, 0) AS consumable_orders,
    greatest(date_diff('day', CAST(people.since_at AS DATE), CAST($until AS DATE)), 0) AS days,
    coalesce(last_words.status = 'subscribed', FALSE) AS has_asked
FROM people
LEFT JOIN habits ON habits.customer_id = people.customer_id
LEFT JOIN (SELECT customer_id, status FROM consent_spans WHERE until_at IS NULL) AS last_words
    ON last_words.customer_id = people.customer_id
ORDER BY people.customer_id
