"""Shopify: the CSV exports of the admin pages.

An orders CSV has one row a line item, and the order's own cells stand only on the first row of a Name. It has no
tracking number and no delivery, no line's or customer's id: who ordered is told by the address alone.
"""

from personalization.sources.importing.adapter import Landing, Shape, System
from personalization.sources.importing.expressions import cents, without_apostrophe, word, yes_no

# https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders
_ORDER_COLUMNS = (
    *("Name", "Email", "Financial Status", "Currency", "Subtotal", "Shipping", "Taxes", "Total", "Discount Amount"),
    *("Created at", "Lineitem quantity", "Lineitem name", "Lineitem price", "Lineitem sku", "Lineitem discount"),
    *("Billing Name", "Phone", "Cancelled at", "Source", "Tags", "Id", "Accepts Marketing"),
)
# https://shopify.dev/docs/api/admin-graphql/latest/enums/OrderDisplayFinancialStatus
_FINANCIAL_STATUSES = {
    word: word
    for word in (
        *("authorized", "expired", "paid", "partially_paid", "partially_refunded", "pending", "refunded", "voided"),
    )
}
# "Created at", the address and the vendor stand on every row of an order, its money and its state on the first alone.
_FIRST_ROWS = "raw WHERE nullif(trim(concat(\"Financial Status\", \"Total\")), '') IS NOT NULL"
_ORDERS = f"""
SELECT
    file_row,
    coalesce(nullif({without_apostrophe('"Id"')}, ''), "Name") AS order_id,
    "Name" AS name,
    "Created at" AS placed_at,
    "Currency" AS currency,
    {cents('"Total"', '"Currency"')} AS total_cents,
    {cents('"Discount Amount"', '"Currency"')} AS discount_cents,
    {cents('"Shipping"', '"Currency"')} AS shipping_cents,
    {cents('"Taxes"', '"Currency"')} AS tax_cents,
    {word('"Financial Status"', _FINANCIAL_STATUSES)} AS financial_status,
    "Cancelled at" AS cancelled_at,
    "Source" AS channel,
    "Email" AS _email,
    {without_apostrophe('"Phone"')} AS _phone,
    "Billing Name" AS _name
FROM {_FIRST_ROWS}
"""
_LINES = f"""
WITH first AS (
    SELECT "Name" AS name, any_value(coalesce(nullif({without_apostrophe('"Id"')}, ''), "Name")) AS order_id,
        any_value("Currency") AS currency
    FROM {_FIRST_ROWS} GROUP BY "Name"
)
SELECT
    raw.file_row,
    first.order_id || '-' || row_number() OVER (PARTITION BY first.order_id ORDER BY raw.file_row) AS order_line_id,
    coalesce(first.order_id, raw."Name") AS order_id,
    coalesce(nullif(trim(raw."Lineitem sku"), ''), raw."Lineitem name") AS sku,
    raw."Lineitem quantity" AS qty,
    {cents('raw."Lineitem price"', "first.currency")} AS unit_price_cents,
    {cents('raw."Lineitem discount"', "first.currency")} AS discount_cents
FROM raw LEFT JOIN first ON first.name = raw."Name"
WHERE nullif(trim(raw."Lineitem name"), '') IS NOT NULL
"""
# https://help.shopify.com/en/manual/customers/import-export-customers
_CUSTOMER_COLUMNS = (
    *("Customer ID", "First Name", "Last Name", "Email", "Accepts Email Marketing", "Default Address Country Code"),
    *("Phone", "Accepts SMS Marketing", "Tags", "Default Address Phone"),
)
_CUSTOMER_ID = without_apostrophe('"Customer ID"')
_CUSTOMERS = f"""
SELECT
    file_row,
    {_CUSTOMER_ID} AS customer_id,
    "Email" AS email,
    nullif({without_apostrophe('coalesce("Phone", "Default Address Phone")')}, '') AS phone,
    "First Name" AS first_name,
    "Default Address Country Code" AS country,
    concat_ws(' ', "First Name", "Last Name") AS _name
FROM raw
"""


def _consent(channel: str, column: str) -> str:
    status = yes_no(f'"{column}"', yes="subscribed", no="unsubscribed")
    return (
        f"SELECT file_row, {_CUSTOMER_ID} AS customer_id, '{channel}' AS channel, 'marketing' AS purpose,"
        f" CAST(NULL AS VARCHAR) AS captured_at, {status} AS status, 'shopify' AS source"
        f' FROM raw WHERE "{column}" IS NOT NULL'
    )


_CONSENTS = (
    f"{_consent('email', 'Accepts Email Marketing')} UNION ALL BY NAME {_consent('sms', 'Accepts SMS Marketing')}"
)

SYSTEM = System(
    name="shopify",
    role="platform",
    workflow="orders, customers and consent: every program starts from them",
    lag_hours=0,
    shapes=(
        Shape(
            name="orders_csv",
            format="csv",
            required=("Name", "Financial Status", "Lineitem quantity", "Lineitem name", "Created at"),
            columns=_ORDER_COLUMNS,
            landings=(
                Landing(table="orders", select=_ORDERS, origins={"placed_at": "Created at", "total_cents": "Total"}),
                Landing(
                    table="order_lines",
                    select=_LINES,
                    parent=("order_id", "orders"),
                    origins={"qty": "Lineitem quantity", "unit_price_cents": "Lineitem price"},
                ),
            ),
        ),
        Shape(
            name="customers_csv",
            format="csv",
            required=("Customer ID", "Email", "Accepts Email Marketing"),
            columns=_CUSTOMER_COLUMNS,
            landings=(
                Landing(table="customers", select=_CUSTOMERS),
                Landing(
                    table="consents",
                    select=_CONSENTS,
                    key=("customer_id", "channel", "purpose"),
                    undated="captured_at",
                ),
            ),
        ),
    ),
    carries={},
)
