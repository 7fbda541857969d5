-- It made them ill: never again this, bought again or not, and better nothing of its kind.
WITH reactions AS (
    SELECT customer_id, sku, category, from_at, known_from_at FROM returned WHERE reason = 'allergy'
    UNION ALL
    SELECT planted.customer_id, planted.sku, products.category, planted.from_at, planted.known_from_at
    FROM planted
    JOIN products ON products.sku = planted.sku
    WHERE planted.name = 'allergy_return'
)
SELECT
    customer_id,
    'item' AS scope,
    sku,
    NULL AS category,
    'must' AS certainty,
    min(from_at) AS from_at,
    min(known_from_at) AS known_from_at
FROM reactions
GROUP BY customer_id, sku
UNION ALL
SELECT customer_id, 'category', NULL, category, 'should', min(from_at), min(known_from_at)
FROM reactions
WHERE category IS NOT NULL
GROUP BY customer_id, category
