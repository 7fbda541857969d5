-- One row for each customer who was merged into another one, with the customer that stands for both today.
-- Chains of up to eight merges are followed by doubling; whoever is merged in a circle stays who they are.
-- columns: customer_id VARCHAR, root_id VARCHAR
-- key: customer_id
WITH links AS (
    SELECT customer_id, merged_into AS target
    FROM customers
    WHERE merged_into IS NOT NULL AND trim(merged_into) <> '' AND merged_into <> customer_id
),
two AS (
    SELECT links.customer_id, coalesce(beyond.target, links.target) AS target
    FROM links
    LEFT JOIN links AS beyond ON beyond.customer_id = links.target
),
four AS (
    SELECT two.customer_id, coalesce(beyond.target, two.target) AS target
    FROM two
    LEFT JOIN two AS beyond ON beyond.customer_id = two.target
),
eight AS (
    SELECT four.customer_id, coalesce(beyond.target, four.target) AS target
    FROM four
    LEFT JOIN four AS beyond ON beyond.customer_id = four.target
)
SELECT
    eight.customer_id,
    CASE WHEN links.customer_id IS NULL THEN eight.target ELSE eight.customer_id END AS root_id
FROM eight
LEFT JOIN links ON links.customer_id = eight.target
