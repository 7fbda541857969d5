"""Products and their variants as nodes of a bulk operation."""

from personalization.sources.importing.adapter import Landing
from personalization.sources.importing.expressions import cents, word
from personalization.sources.systems.shopify.vocabulary import PRODUCT_STATUSES, present, product_type

# https://shopify.dev/docs/api/admin-graphql/latest/objects/Product and ProductVariant
FIELDS = {
    "Product": {
        "handle": "$.handle",
        "title": "$.title",
        "vendor": "$.vendor",
        "own_type": "$.productType",
        "category": "$.category.fullName",
        "tags": "$.tags",
        "status": "$.status",
        "url": "$.onlineStoreUrl",
        "image": "$.featuredMedia.preview.image.url",
        "gift_card": "$.isGiftCard",
        "currency": "$.priceRangeV2.minVariantPrice.currencyCode",
        "updated_at": "$.updatedAt",
    },
    "ProductVariant": {
        "sku": "$.sku",
        "name": "$.displayName",
        "price": "$.price",
        "cost": "$.inventoryItem.unitCost.amount",
        "is_for_sale": "$.availableForSale",
        "image": "$.image.url",
        "option1_name": "$.selectedOptions[0].name",
        "option1_value": "$.selectedOptions[0].value",
        "option2_name": "$.selectedOptions[1].name",
        "option2_value": "$.selectedOptions[1].value",
        "option3_name": "$.selectedOptions[2].name",
        "option3_value": "$.selectedOptions[2].value",
    },
}
_SIZE = " ".join(
    f"WHEN lower(trim(v.option{place}_name)) IN ('size', 'shoe size') THEN {present(f'v.option{place}_value')}"
    for place in (1, 2, 3)
)
_CURRENCY = "coalesce(p.currency, getvariable('shop_currency'))"
_PRODUCTS = f"""
SELECT
    v.file_row,
    coalesce({present("v.sku")}, regexp_replace({present("v.name")}, ' - Default Title$', '')) AS sku,
    p.id AS product_id,
    p.title,
    {present("p.own_type")} AS category,
    {present("p.vendor")} AS brand,
    {product_type(category="p.category", own_type="p.own_type", tags="p.tags", is_gift_card="p.gift_card")}
        AS product_type,
    {cents("v.price", _CURRENCY)} AS price_cents,
    {cents("v.cost", _CURRENCY)} AS cost_cents,
    {_CURRENCY} AS currency,
    v.is_for_sale AS is_in_stock,
    {word("p.status", PRODUCT_STATUSES)} AS status,
    coalesce(v.image, p.image) AS image_url,
    p.url,
    CASE WHEN count(*) OVER (PARTITION BY v.parent) > 1 THEN p.handle END AS variant_group,
    CASE {_SIZE} END AS size,
    p.updated_at AS _updated_at
FROM shopify_productvariant AS v LEFT JOIN shopify_product AS p ON p.id = v.parent
"""
LANDINGS = (Landing(table="products", select=_PRODUCTS, origins={"price_cents": "price", "status": "status"}),)
