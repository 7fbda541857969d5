-- Products and their variants; a thing that comes in no sizes has the variant "Default Title".
WITH shelf AS (
    SELECT *, coalesce(product_id, variant_group, sku) AS own_id FROM products
),

nodes AS (
    SELECT
        'P' || own_id AS place,
        to_json({
            'id': gid('Product', own_id),
            'handle': lower(min(coalesce(variant_group, sku))),
            'title': arg_min(title, sku),
            'vendor': arg_min(brand, sku),
            'productType': coalesce(arg_min(category, sku), ''),
            'category': CAST(NULL AS VARCHAR),
            'tags': CASE WHEN arg_min(product_type, sku) = 'unknown' THEN [] ELSE ['product-type:' || arg_min(product_type, sku)] END,
            'status': CASE arg_min(status, sku) WHEN 'discontinued' THEN 'ARCHIVED' ELSE upper(arg_min(status, sku)) END,
            'onlineStoreUrl': arg_min(url, sku),
            'isGiftCard': arg_min(product_type, sku) = 'gift_card',
            'featuredMedia': CASE WHEN arg_min(image_url, sku) IS NOT NULL THEN {'preview': {'image': {'url': arg_min(image_url, sku)}}} END,
            'priceRangeV2': {'minVariantPrice': {'amount': amount(min(price_cents)), 'currencyCode': min(currency)}},
            'updatedAt': coalesce(zulu(max(received_at)), '2020-01-01T00:00:00Z')
        }) AS node
    FROM shelf GROUP BY own_id
    UNION ALL
    SELECT
        'V' || sku,
        to_json({
            'id': gid('ProductVariant', replace(sku, '/', '-')),
            'sku': sku,
            'displayName': title || ' - ' || coalesce(size, 'Default Title'),
            'price': amount(price_cents),
            'availableForSale': is_in_stock,
            'inventoryItem': {'unitCost': CASE WHEN cost_cents IS NOT NULL THEN {'amount': amount(cost_cents), 'currencyCode': currency} END},
            'image': CASE WHEN image_url IS NOT NULL THEN {'url': image_url} END,
            'selectedOptions': [{'name': CASE WHEN size IS NULL THEN 'Title' ELSE 'Size' END, 'value': coalesce(size, 'Default Title')}],
            '__parentId': gid('Product', own_id)
        })
    FROM shelf
)

SELECT CAST(node AS VARCHAR) AS line FROM nodes ORDER BY md5(place), place
