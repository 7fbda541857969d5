WITH votes AS (
    SELECT customer_id, country, count(*) AS votes, min(sold_at) AS first_at
    FROM sales
    WHERE customer_id IS NOT NULL
    GROUP BY ALL
),
chosen AS (
    SELECT customer_id, country, min(first_at) OVER (PARTITION BY customer_id) AS first_at
    FROM votes
    QUALIFY row_number() OVER (PARTITION BY customer_id ORDER BY votes DESC, country) = 1
)
SELECT
    customer_id,
    places.locale,
    places.country,
    places.timezone,
    first_at AS created_at,
    first_at AS received_at,
    TRUE AS is_received_assumed
FROM chosen
LEFT JOIN places ON places.name = lower(chosen.country)
ORDER BY customer_id
