-- One row for each product that was ever bought or is in the catalogue; a product that is not in the catalogue may be
-- recommended, since nothing says that it may not.
-- columns: sku VARCHAR, category VARCHAR, days_of_supply BIGINT, is_recommendable BOOLEAN
-- key: sku
WITH named AS (
    SELECT sku FROM purchase_days
    UNION
    SELECT sku FROM guest_baskets
    UNION
    SELECT sku FROM products
)
SELECT
    named.sku,
    products.category,
    products.days_of_supply,
    coalesce(products.status, 'active') = 'active' AND coalesce(products.is_in_stock, TRUE) AS is_recommendable
FROM named
LEFT JOIN products ON products.sku = named.sku
