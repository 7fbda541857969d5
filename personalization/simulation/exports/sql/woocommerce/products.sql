-- The list of products: simple ones, and variable ones, which have no SKU and whose variations are a list of their own.
WITH sold AS (
    SELECT * EXCLUDE (variation_id, parent_id), NULL AS variations FROM shelf WHERE variant_group IS NULL
    UNION ALL BY NAME
    SELECT
        parent_id AS product_id,
        arg_min(title, sku) AS title,
        arg_min(category, sku) AS category,
        arg_min(brand, sku) AS brand,
        min(price_cents) AS price_cents,
        arg_min(currency, sku) AS currency,
        bool_or(is_in_stock) AS is_in_stock,
        min(status) AS status,
        arg_min(url, sku) AS url,
        arg_min(product_type, sku) AS product_type,
        list(variation_id ORDER BY variation_id) AS variations
    FROM shelf WHERE variant_group IS NOT NULL
    GROUP BY parent_id
)

SELECT
    number_of(coalesce(product_id, sku)) AS id,
    coalesce(title, sku) AS name,
    url AS permalink,
    CASE WHEN variations IS NULL THEN 'simple' ELSE 'variable' END AS type,
    CASE status WHEN 'active' THEN 'publish' WHEN 'discontinued' THEN 'trash' ELSE 'draft' END AS status,
    coalesce(sku, '') AS sku,
    amount(price_cents) AS price,
    CASE WHEN variations IS NULL THEN amount(price_cents) ELSE '' END AS regular_price,
    '' AS sale_price,
    product_type IN ('digital', 'gift_card') AS virtual,
    false AS downloadable,
    CASE WHEN cost_cents IS NOT NULL THEN {'total_value': cost_cents / 100} END AS cost_of_goods_sold,
    CASE is_in_stock WHEN true THEN 'instock' WHEN false THEN 'outofstock' ELSE '' END AS stock_status,
    CASE WHEN category IS NULL THEN [] ELSE [{'id': 1, 'name': category, 'slug': replace(category, ' ', '-')}] END
        AS categories,
    CASE WHEN brand IS NULL THEN [] ELSE [{'id': 1, 'name': brand, 'slug': replace(lower(brand), ' ', '-')}] END
        AS brands,
    [] AS images,
    [] AS attributes,
    coalesce(variations, []) AS variations
FROM sold
ORDER BY coalesce(product_id, sku), sku
