"""The products CSV of Shopify's admin pages: one row a variant or picture, the product's cells on its first row alone.

It names no currency: prices are in the shop's.
"""

import duckdb

from personalization.sources.importing.adapter import Landing, Shape
from personalization.sources.importing.expressions import cents, word
from personalization.sources.systems.shopify.vocabulary import PRODUCT_STATUSES, present, product_type, snake

# https://help.shopify.com/en/manual/products/import-export/using-csv
_COLUMNS = (
    *("Handle", "Title", "Vendor", "Product Category", "Type", "Tags", "Published"),
    *("Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Option3 Name", "Option3 Value"),
    *("Variant SKU", "Variant Inventory Policy", "Variant Inventory Tracker", "Variant Inventory Qty"),
    *("Variant Price", "Image Src", "Variant Image", "Gift Card", "Cost per item", "Status"),
)
_OWN = ("title", "vendor", "product_category", "type", "tags", "published", "gift_card", "status", "image_src")
_OPTION_NAMES = ("option1_name", "option2_name", "option3_name")


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Build shopify_variants: each variant with the cells that its product's first row has.

    A row that has neither a price nor an option is a further picture.
    """
    own = ", ".join(f"arg_min({present(name)}, file_row) AS {name}" for name in (*_OWN, *_OPTION_NAMES))
    connection.execute(f"CREATE OR REPLACE TEMP VIEW shopify_cells AS SELECT file_row, {snake(_COLUMNS)} FROM raw")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE shopify_variants AS"
        f" SELECT variant.* EXCLUDE ({', '.join((*_OWN, *_OPTION_NAMES))}), product.* EXCLUDE (handle),"
        " count(*) OVER (PARTITION BY handle) AS variants"
        " FROM shopify_cells AS variant INNER JOIN"
        f" (SELECT handle, {own} FROM shopify_cells GROUP BY handle) AS product USING (handle)"
        f" WHERE {present('variant_price')} IS NOT NULL OR {present('variant_sku')} IS NOT NULL"
    )


_SIZE = " ".join(
    f"WHEN lower(trim(option{place}_name)) IN ('size', 'shoe size') THEN {present(f'option{place}_value')}"
    for place in (1, 2, 3)
)
_OPTIONS = ", ".join(f"nullif({present(f'option{place}_value')}, 'Default Title')" for place in (1, 2, 3))
# A variant without a SKU is known by the name that an order's line has: "Soap - Lavender / 100 g".
_SKU = f"coalesce({present('variant_sku')}, concat_ws(' - ', title, nullif(concat_ws(' / ', {_OPTIONS}), '')))"
_CURRENCY = "getvariable('shop_currency')"
_PRODUCTS = f"""
SELECT
    file_row,
    {_SKU} AS sku,
    title,
    type AS category,
    vendor AS brand,
    {product_type(category="product_category", own_type="type", tags="tags", is_gift_card="gift_card")} AS product_type,
    {cents("variant_price", _CURRENCY)} AS price_cents,
    {cents("cost_per_item", _CURRENCY)} AS cost_cents,
    {_CURRENCY} AS currency,
    CASE
        WHEN lower(trim(variant_inventory_policy)) = 'continue' THEN true
        WHEN {present("variant_inventory_tracker")} IS NULL THEN true
        ELSE TRY_CAST(variant_inventory_qty AS BIGINT) > 0
    END AS is_in_stock,
    -- A product that is not in the shop window must not be shown to anybody, whatever its status.
    CASE
        WHEN lower(published) = 'false' AND lower(coalesce(status, 'active')) = 'active' THEN 'draft'
        ELSE {word("coalesce(status, 'active')", PRODUCT_STATUSES)}
    END AS status,
    coalesce({present("variant_image")}, image_src) AS image_url,
    CASE WHEN variants > 1 THEN handle END AS variant_group,
    CASE {_SIZE} END AS size
FROM shopify_variants
"""

SHAPE = Shape(
    name="products_csv",
    format="csv",
    required=("Handle", "Title", "Variant SKU", "Variant Price"),
    columns=_COLUMNS,
    prepare=_prepare,
    landings=(
        Landing(
            table="products",
            select=_PRODUCTS,
            origins={"sku": "Variant SKU", "price_cents": "Variant Price", "cost_cents": "Cost per item"},
        ),
    ),
)
