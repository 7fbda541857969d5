"""The products CSV of Shopify's admin pages: one row a variant or picture, the product's cells on its first row alone.

It names no currency: prices are in the shop's.
"""

from collections.abc import Mapping
from functools import partial

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
# Newer exports call these columns by other names; their "Continue selling when out of stock" is true for "continue".
_NEWER_NAMES = {
    "Handle": "URL handle",
    "Published": "Published on online store",
    "Variant SKU": "SKU",
    "Variant Inventory Policy": "Continue selling when out of stock",
    "Variant Inventory Tracker": "Inventory tracker",
    "Variant Inventory Qty": "Inventory quantity",
    "Variant Price": "Price",
    "Image Src": "Product image URL",
    "Variant Image": "Variant image URL",
}
_OWN = ("title", "vendor", "product_category", "type", "tags", "published", "gift_card", "status", "image_src")
_OPTION_NAMES = ("option1_name", "option2_name", "option3_name")


def _prepare(connection: duckdb.DuckDBPyConnection, *, names: Mapping[str, str]) -> None:
    """Build shopify_variants: each variant with the cells that its product's first row has.

    names has the columns that this export calls otherwise. A row that has neither a price nor a SKU is a picture.
    """
    renamed = "".join(f', "{theirs}" AS "{ours}"' for ours, theirs in names.items())
    left_out = f"EXCLUDE ({', '.join(f'{chr(34)}{theirs}{chr(34)}' for theirs in names.values())})" if names else ""
    own = ", ".join(f"arg_min({present(name)}, file_row) AS {name}" for name in (*_OWN, *_OPTION_NAMES))
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW shopify_cells AS SELECT file_row, {snake(_COLUMNS)} FROM"
        f" (SELECT * {left_out}{renamed} FROM raw)"
    )
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
        WHEN lower(trim(variant_inventory_policy)) IN ('continue', 'true') THEN true
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


def _shape(name: str, names: Mapping[str, str]) -> Shape:
    columns = {column: names.get(column, column) for column in _COLUMNS}
    return Shape(
        name=name,
        format="csv",
        required=tuple(columns[column] for column in ("Handle", "Title", "Variant SKU", "Variant Price")),
        columns=tuple(columns.values()),
        prepare=partial(_prepare, names=names),
        landings=(
            Landing(
                table="products",
                select=_PRODUCTS,
                origins={
                    "sku": columns["Variant SKU"],
                    "price_cents": columns["Variant Price"],
                    "cost_cents": columns["Cost per item"],
                },
            ),
        ),
    )


SHAPES = (_shape("products_csv", {}), _shape("products_csv_newer", _NEWER_NAMES))
