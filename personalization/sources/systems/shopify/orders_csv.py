"""The orders CSV of Shopify's admin pages: one row a line item.

The order's own cells stand only on the first row of a Name. There is no tracking number and no delivery ("Fulfillment
Status" says that the shop sent something, not that it came), no line's and no customer's id: who ordered is told by the
address alone. A line is known by its place in the order.
"""

import duckdb

from personalization.sources.importing.adapter import Landing, Shape
from personalization.sources.importing.expressions import cents, word
from personalization.sources.systems.shopify.vocabulary import (
    FINANCIAL_STATUSES,
    GIFT_TAGS,
    PREORDER_TAGS,
    SUBSCRIPTION_TAGS,
    TEST_TAGS,
    has_tag,
    is_for_another,
    present,
    snake,
    unquoted,
)

# https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders
_COLUMNS = (
    *("Name", "Email", "Financial Status", "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Amount"),
    *("Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku", "Lineitem discount"),
    *("Billing Name", "Billing Zip", "Billing Phone", "Shipping Name", "Shipping Zip", "Phone", "Cancelled at"),
    *("Source", "Tags", "Id", "Accepts Marketing", "Refunded Amount"),
)


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Build shopify_heads, the first row of each order, and shopify_lines, the rows with the head they belong to.

    "Created at", the address and the vendor stand on every row of an order, its money and its state on the first alone.
    Two orders may bear one Name, so a row belongs to the head above it. shopify_currencies has the heads of orders
    whose rows name several currencies.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE shopify_heads AS"
        f" SELECT *, coalesce({unquoted('id')}, name) AS order_id FROM (SELECT file_row, {snake(_COLUMNS)} FROM raw)"
        " WHERE nullif(trim(concat(financial_status, total)), '') IS NOT NULL"
    )
    lines = tuple(name for name in _COLUMNS if name.startswith("Lineitem"))
    connection.execute(
        "CREATE OR REPLACE TABLE shopify_lines AS SELECT line.*, head.file_row AS head, head.order_id,"
        " head.currency FROM"
        f' (SELECT file_row, {snake((*lines, "Name"))}, upper(trim("Currency")) AS own_currency FROM raw) AS line'
        " ASOF LEFT JOIN shopify_heads AS head ON head.name = line.name AND line.file_row >= head.file_row"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE shopify_currencies AS"
        " SELECT head, string_agg(DISTINCT own_currency, ' and ' ORDER BY own_currency) AS named FROM shopify_lines"
        " WHERE own_currency <> '' AND head IN (SELECT head FROM shopify_lines"
        " WHERE own_currency <> '' AND own_currency <> upper(trim(currency))) GROUP BY head"
    )


_IS_FOR_ANOTHER = is_for_another("billing_name", "shipping_name", own_address="billing_zip", address="shipping_zip")
_ORDERS = f"""
SELECT
    file_row,
    order_id,
    name,
    created_at AS placed_at,
    upper(trim(currency)) AS currency,
    -- An amount in two currencies is no amount: the order is set aside, and its currencies are shown.
    CASE WHEN two.named IS NULL THEN {cents("total", "currency")} ELSE total || ' in ' || two.named END AS total_cents,
    {cents("discount_amount", "currency")} AS discount_cents,
    {cents("shipping", "currency")} AS shipping_cents,
    {cents("taxes", "currency")} AS tax_cents,
    {word("financial_status", FINANCIAL_STATUSES)} AS financial_status,
    cancelled_at,
    source AS channel,
    coalesce({has_tag("tags", GIFT_TAGS)}, {_IS_FOR_ANOTHER}) AS is_gift,
    coalesce({has_tag("tags", SUBSCRIPTION_TAGS)}, starts_with(source, 'subscription_contract') OR NULL)
        AS is_subscription,
    {has_tag("tags", PREORDER_TAGS)} AS is_preorder,
    {has_tag("tags", TEST_TAGS)} AS is_test,
    {present("email")} AS _email,
    coalesce({unquoted("phone")}, {unquoted("billing_phone")}) AS _phone,
    billing_name AS _name
FROM shopify_heads LEFT JOIN shopify_currencies AS two ON two.head = file_row
"""
# A line that was taken off the order before it was sent stays in the export, with a quantity of 0.
_LINES = f"""
SELECT
    file_row,
    order_id || '-' || row_number() OVER (PARTITION BY head ORDER BY file_row) AS order_line_id,
    coalesce(order_id, name) AS order_id,
    coalesce({present("lineitem_sku")}, {present("lineitem_name")}) AS sku,
    lineitem_quantity AS qty,
    {cents("lineitem_price", "currency")} AS unit_price_cents,
    {cents("lineitem_discount", "currency")} AS discount_cents
FROM shopify_lines
WHERE {present("lineitem_name")} IS NOT NULL AND trim(lineitem_quantity) IS DISTINCT FROM '0'
"""
_REFUNDS = f"""
SELECT
    file_row,
    order_id || '-refunded' AS refund_id,
    order_id,
    {cents("refunded_amount", "currency")} AS amount_cents,
    CAST(NULL AS VARCHAR) AS refunded_at
FROM shopify_heads
WHERE {present("refunded_amount")} IS NOT NULL AND TRY_CAST(refunded_amount AS DECIMAL(18, 4)) IS DISTINCT FROM 0
"""
# A box that was left empty takes nothing back that was said before, so only a ticked one is a word; and one whose time
# cannot be read, or is still to come, is none, which leaves the person alone.
_CREATED = "TRY_CAST(regexp_replace(created_at, ' ([+-])', '\\1') AS TIMESTAMPTZ)"
_CONSENTS = f"""
SELECT
    file_row,
    'checkout-' || md5(lower(trim(email))) AS customer_id,
    'email' AS channel,
    'marketing' AS purpose,
    created_at AS captured_at,
    'subscribed' AS status,
    'shopify' AS source,
    'checkout' AS method,
    {present("email")} AS _email,
    billing_name AS _name
FROM shopify_heads
WHERE lower(trim(accepts_marketing)) IN ('yes', 'true') AND {present("email")} IS NOT NULL
    AND CAST({_CREATED} AS TIMESTAMP) <= getvariable('imported_at')
"""

SHAPE = Shape(
    name="orders_csv",
    format="csv",
    required=("Name", "Financial Status", "Lineitem quantity", "Lineitem name", "Created at"),
    columns=_COLUMNS,
    prepare=_prepare,
    landings=(
        Landing(
            table="orders",
            select=_ORDERS,
            origins={
                "name": "Name",
                "placed_at": "Created at",
                "currency": "Currency",
                "total_cents": "Total",
                "discount_cents": "Discount Amount",
                "shipping_cents": "Shipping",
                "tax_cents": "Taxes",
                "financial_status": "Financial Status",
                "cancelled_at": "Cancelled at",
            },
        ),
        Landing(
            table="order_lines",
            select=_LINES,
            parent=("order_id", "orders"),
            has_made_up_key=True,
            origins={
                "sku": "Lineitem name",
                "qty": "Lineitem quantity",
                "unit_price_cents": "Lineitem price",
                "discount_cents": "Lineitem discount",
            },
        ),
        Landing(
            table="refunds",
            select=_REFUNDS,
            parent=("order_id", "orders"),
            undated="refunded_at",
            has_made_up_key=True,
            origins={"amount_cents": "Refunded Amount"},
        ),
        Landing(table="consents", select=_CONSENTS, names_by_reference=True, is_only_yes=True),
    ),
)
