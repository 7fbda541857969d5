"""What can be bought, who has an account, and the coupons: lists of their own."""

from personalization.sources.importing.expressions import SHOP_CURRENCY, cents, word
from personalization.sources.systems.woocommerce.cells import id_at, text_at

# https://developer.woocommerce.com/docs/apis/rest-api/v3/products/ (product properties)
_PRODUCT_STATUSES = {
    "publish": "active",
    "private": "draft",
    "pending": "draft",
    "draft": "draft",
    "future": "draft",
    "auto-draft": "draft",
    "trash": "discontinued",
}
# https://developer.woocommerce.com/docs/apis/rest-api/v3/products/ and …/product-variations/
_LINKED = "nullif(regexp_extract(item ->> '$._links.up[0].href', 'products/([0-9]+)', 1), '')"
_PARENT = f"coalesce({id_at('parent_id')}, {_LINKED})"
_PRICE = f"coalesce({text_at('price')}, {text_at('regular_price')})"
_SIZE = (
    "list_filter(from_json(item -> '$.attributes', '[\"JSON\"]'),"
    " lambda a: lower(a ->> '$.name') IN ('size', 'größe', 'taille', 'talla', 'maat') AND a ->> '$.option' IS NOT NULL)"
)


def _products(category: str, image: str, parent: str) -> str:
    """Return the SELECT of things that can be bought; parent is the SQL of the product that they are variations of."""
    return f"""
SELECT
    file_row,
    coalesce({text_at("sku")}, {text_at("id")}) AS sku,
    coalesce({parent}, {text_at("id")}) AS product_id,
    coalesce({text_at("name")}, {text_at("sku")}, {text_at("id")}) AS title,
    {category} AS category,
    {text_at("brands[0].name")} AS brand,
    CASE WHEN lower({text_at("type")}) IN ('gift-card', 'pw-gift-card', 'gift_card') THEN 'gift_card'
        WHEN 'true' IN ({text_at("virtual")}, {text_at("downloadable")}) THEN 'digital' ELSE 'unknown' END
        AS product_type,
    coalesce({cents(_PRICE, SHOP_CURRENCY)}, '0') AS price_cents,
    {cents(text_at("cost_of_goods_sold.total_value"), SHOP_CURRENCY)} AS cost_cents,
    {SHOP_CURRENCY} AS currency,
    CASE {text_at("stock_status")} WHEN 'instock' THEN true
        WHEN 'outofstock' THEN false WHEN 'onbackorder' THEN false END AS is_in_stock,
    CASE WHEN {_PRICE} IS NULL AND {text_at("status")} = 'publish' THEN 'draft' -- nothing without a price can be bought
        ELSE {word(text_at("status"), _PRODUCT_STATUSES)} END AS status,
    {text_at(image)} AS image_url,
    {text_at("permalink")} AS url,
    {parent} AS variant_group,
    {_SIZE}[1] ->> '$.option' AS size,
    {text_at("date_modified_gmt")} AS _updated_at
FROM raw
"""


# A grouped product is a list of others, and of a variable one without a SKU only the variations can be bought.
PRODUCTS = (
    _products(text_at("categories[0].name"), "images[0].src", "CAST(NULL AS VARCHAR)")
    + f"WHERE {text_at('type')} <> 'grouped' AND ({text_at('type')} <> 'variable' OR {text_at('sku')} IS NOT NULL)"
)
VARIATIONS = _products("CAST(NULL AS VARCHAR)", "image.src", _PARENT)
# https://developer.woocommerce.com/docs/apis/rest-api/v3/customers/
CUSTOMERS = f"""
SELECT
    file_row,
    {text_at("id")} AS customer_id,
    {text_at("email")} AS email,
    {text_at("billing.phone")} AS phone,
    coalesce({text_at("first_name")}, {text_at("billing.first_name")}) AS first_name,
    coalesce({text_at("billing.country")}, {text_at("shipping.country")}) AS country,
    {text_at("date_created_gmt")} AS created_at,
    nullif(trim(concat_ws(' ', {text_at("first_name")}, {text_at("last_name")})), '') AS _name,
    {text_at("date_modified_gmt")} AS _updated_at
FROM raw
"""
# https://developer.woocommerce.com/docs/apis/rest-api/v3/coupons/; a coupon ends when its last day begins (00:00), so
# the day before is the last on which it can be used.
COUPONS = f"""
SELECT
    file_row,
    {text_at("code")} AS coupon_id,
    {text_at("usage_limit")} AS budget,
    coalesce({text_at("usage_limit")} = '1', false) AS is_single_use,
    coalesce(CAST(CAST(TRY_CAST({text_at("date_expires")} AS TIMESTAMP) - INTERVAL 1 SECOND AS DATE) AS VARCHAR),
        {text_at("date_expires")}) AS valid_until_on,
    {text_at("date_modified_gmt")} AS _updated_at
FROM raw
"""
