-- The product is not made any more: a reminder to buy it leads nowhere, and nor does a suggestion; help with it is still help.
WITH ended AS (
    SELECT sku, min(from_at) AS from_at, min(known_from_at) AS known_from_at
    FROM planted
    WHERE name = 'discontinued_product' AND sku IS NOT NULL
    GROUP BY sku
    UNION ALL
    SELECT sku, coalesce(received_at, TIMESTAMP '1970-01-01'), coalesce(received_at, TIMESTAMP '1970-01-01')
    FROM products
    WHERE status = 'discontinued'
        AND sku NOT IN (SELECT sku FROM planted WHERE name = 'discontinued_product' AND sku IS NOT NULL)
)
SELECT
    bought.customer_id,
    programs.program,
    'item' AS scope,
    ended.sku,
    greatest(ended.from_at, min(bought.placed_at)) AS from_at,
    greatest(ended.known_from_at, min(bought.known_at)) AS known_from_at
FROM ended
JOIN bought ON bought.sku = ended.sku
CROSS JOIN (VALUES ('replenishment'), ('cross_sell')) AS programs (program)
GROUP BY bought.customer_id, programs.program, ended.sku, ended.from_at, ended.known_from_at
