-- The variations of all variable products, which the API gives product by product.
SELECT
    number_of(parent_id) AS parent_id,
    variation_id AS id,
    'variation' AS type,
    coalesce(title, sku) AS name,
    url AS permalink,
    CASE status WHEN 'active' THEN 'publish' WHEN 'discontinued' THEN 'trash' ELSE 'draft' END AS status,
    sku,
    amount(price_cents) AS price,
    amount(price_cents) AS regular_price,
    '' AS sale_price,
    product_type IN ('digital', 'gift_card') AS virtual,
    false AS downloadable,
    CASE WHEN cost_cents IS NOT NULL THEN {'total_value': cost_cents / 100} END AS cost_of_goods_sold,
    CASE is_in_stock WHEN true THEN 'instock' WHEN false THEN 'outofstock' ELSE '' END AS stock_status,
    NULL AS image,
    CASE WHEN size IS NULL THEN [] ELSE [{'id': 6, 'name': 'Size', 'option': size}] END AS attributes
FROM shelf
WHERE variant_group IS NOT NULL
ORDER BY variation_id
