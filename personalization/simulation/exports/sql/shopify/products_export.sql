-- The products CSV: one row a variant, the product's cells on its first row alone.
WITH shelf AS (
    SELECT
        *,
        lower(coalesce(variant_group, sku)) AS handle,
        row_number() OVER (PARTITION BY coalesce(variant_group, sku) ORDER BY sku) = 1 AS is_first
    FROM products
)

SELECT
    handle AS "Handle",
    CASE WHEN is_first THEN title END AS "Title",
    NULL AS "Body (HTML)",
    CASE WHEN is_first THEN brand END AS "Vendor",
    NULL AS "Product Category",
    CASE WHEN is_first THEN category END AS "Type",
    CASE WHEN is_first AND product_type <> 'unknown' THEN 'product-type:' || product_type END AS "Tags",
    CASE WHEN is_first THEN 'true' END AS "Published",
    CASE WHEN is_first THEN CASE WHEN size IS NULL THEN 'Title' ELSE 'Size' END END AS "Option1 Name",
    coalesce(size, 'Default Title') AS "Option1 Value",
    NULL AS "Option2 Name",
    NULL AS "Option2 Value",
    NULL AS "Option3 Name",
    NULL AS "Option3 Value",
    sku AS "Variant SKU",
    'shopify' AS "Variant Inventory Tracker",
    CASE WHEN is_in_stock IS NOT NULL THEN CASE WHEN is_in_stock THEN 7 ELSE 0 END END AS "Variant Inventory Qty",
    'deny' AS "Variant Inventory Policy",
    amount(price_cents) AS "Variant Price",
    NULL AS "Variant Compare At Price",
    CASE WHEN is_first THEN image_url END AS "Image Src",
    CASE WHEN is_first THEN CASE WHEN product_type = 'gift_card' THEN 'true' ELSE 'false' END END AS "Gift Card",
    image_url AS "Variant Image",
    CASE WHEN cost_cents IS NOT NULL THEN amount(cost_cents) END AS "Cost per item",
    CASE WHEN is_first THEN CASE status WHEN 'discontinued' THEN 'archived' ELSE status END END AS "Status"
FROM shelf
ORDER BY handle, sku
