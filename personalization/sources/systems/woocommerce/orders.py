"""An order with its lines, refunds and buyer, and the parcels that plugins write into its meta data."""

import json

from personalization.sources.importing.expressions import SHOP_CURRENCY, cents, minor_units, word
from personalization.sources.systems.woocommerce.cells import field, id_at, id_field, number_field, text_at

# https://woocommerce.github.io/code-reference/classes/Automattic-WooCommerce-Enums-OrderStatus.html: in these somebody
# is still at the checkout, so there is no order yet.
_NO_ORDERS = "('checkout-draft', 'auto-draft', 'draft', 'new')"
# What the same list, and https://woocommerce.com/document/managing-orders/order-statuses/, say of the payment.
_FINANCIAL_STATUSES = {
    "pending": "pending",
    "on-hold": "pending",
    "failed": "voided",
    "processing": "paid",
    "completed": "paid",
    "refunded": "refunded",
}
# An order in the trash may have landed before it got there, so it stays, as one that was called off.
_CALLED_OFF = "('cancelled', 'trash')"
_CURRENCY = field("currency")
_STATUS = f"regexp_replace(lower({field('status')}), '^wc-', '')"
# What is read of an order, each a text: it is parsed once, since each path that is looked up by itself costs the memory
# of the whole order. https://developer.woocommerce.com/docs/apis/rest-api/v3/orders/ (order properties)
_ORDER = {
    **dict.fromkeys(
        (
            *("id", "number", "created_via", "status", "currency", "date_created_gmt", "date_modified_gmt"),
            *(
                "date_paid_gmt",
                "discount_total",
                "discount_tax",
                "shipping_total",
                "shipping_tax",
                "total",
                "total_tax",
            ),
            *("prices_include_tax", "customer_id"),
        ),
        "VARCHAR",
    ),
    "billing": dict.fromkeys(("first_name", "last_name", "country", "email", "phone"), "VARCHAR"),
    "meta_data": [{"key": "VARCHAR", "value": "JSON"}],
    "line_items": [
        dict.fromkeys(
            (
                *("id", "product_id", "variation_id", "sku", "quantity", "subtotal", "subtotal_tax", "total"),
                "total_tax",
            ),
            "VARCHAR",
        )
    ],
    "refunds": [dict.fromkeys(("id", "reason", "total"), "VARCHAR")],
}
_ORDER_ITEMS = (
    f"(SELECT *, {_STATUS} AS state FROM (SELECT file_row, from_json(item, '{json.dumps(_ORDER)}') AS o FROM raw)"
    f" WHERE {_STATUS} NOT IN {_NO_ORDERS} OR {_STATUS} IS NULL)"
)
_GIVEN_BACK = "list_sum(list_transform(o.refunds, lambda r: abs(TRY_CAST(r.total AS DOUBLE))))"
_FINANCIAL_STATUS = f"""CASE
    WHEN state IN {_CALLED_OFF} THEN
        CASE WHEN {field("date_paid_gmt")} IS NULL THEN 'voided'
            WHEN {_GIVEN_BACK} > 0 THEN 'refunded' ELSE 'paid' END
    WHEN state IN ('processing', 'completed') AND {_GIVEN_BACK} > 0 THEN
        CASE WHEN {_GIVEN_BACK} < TRY_CAST({field("total")} AS DOUBLE) THEN 'partially_refunded' ELSE 'refunded' END
    WHEN state IN ({", ".join(f"'{own}'" for own in _FINANCIAL_STATUSES)}) THEN {word("state", _FINANCIAL_STATUSES)}
    WHEN {field("date_paid_gmt")} IS NOT NULL THEN 'paid' -- a state of the shop's own or a plugin's, such as 'packed'
    WHEN state IS NOT NULL THEN 'pending'
END"""
_IS_SUBSCRIPTION = (  # https://woocommerce.com/document/subscriptions/develop/data-structure/
    f"coalesce({field('created_via')} = 'subscription', false) OR coalesce(list_contains("
    "list_transform(o.meta_data, lambda m: m.key), '_subscription_renewal'), false)"
)


def _amount(path: str, tax: str) -> str:
    """Return the SQL of an order's amount as the customer sees it: with tax where the shop's prices hold it."""
    with_tax = f"CAST({number_field(path)} + {number_field(tax)} AS VARCHAR)"
    is_number = f"TRY_CAST({field(path)} AS DOUBLE) IS NOT NULL"
    shown = f"CASE WHEN {field('prices_include_tax')} = 'true' AND {is_number} THEN {with_tax} ELSE {field(path)} END"
    return cents(shown, _CURRENCY)


ORDERS = f"""
SELECT
    file_row,
    {field("id")} AS order_id,
    {id_field("customer_id")} AS customer_id,
    coalesce({field("number")}, {field("id")}) AS name,
    {field("date_created_gmt")} AS placed_at,
    {_CURRENCY} AS currency,
    {cents(field("total"), _CURRENCY)} AS total_cents,
    {_amount("discount_total", "discount_tax")} AS discount_cents,
    {_amount("shipping_total", "shipping_tax")} AS shipping_cents,
    {cents(field("total_tax"), _CURRENCY)} AS tax_cents,
    {_FINANCIAL_STATUS} AS financial_status,
    CASE WHEN state IN {_CALLED_OFF} THEN {field("date_modified_gmt")} END AS cancelled_at,
    {field("created_via")} AS channel,
    {_IS_SUBSCRIPTION} AS is_subscription,
    {field("billing.email")} AS _email,
    {field("billing.phone")} AS _phone,
    nullif(trim(concat_ws(' ', {field("billing.first_name")}, {field("billing.last_name")})), '') AS _name,
    {field("date_modified_gmt")} AS _updated_at
FROM {_ORDER_ITEMS}
"""
_SKU = f"coalesce({field('sku', 'line')}, {id_field('variation_id', 'line')}, {id_field('product_id', 'line')})"
LINES = f"""
SELECT
    file_row, order_line_id, order_id, sku, qty, _updated_at,
    coalesce(CAST(CAST(round(gross / nullif(TRY_CAST(qty AS DECIMAL(12, 3)), 0) * scale) AS BIGINT) AS VARCHAR), said)
        AS unit_price_cents,
    CAST(greatest(round((gross - paid) * scale), 0) AS BIGINT) AS discount_cents
FROM (
    SELECT
        file_row,
        {field("id", "line")} AS order_line_id,
        order_id,
        {_SKU} AS sku,
        line."quantity" AS qty,
        line."subtotal" AS said,
        TRY_CAST(line."subtotal" AS DECIMAL(18, 6)) + tax * {number_field("subtotal_tax", "line")} AS gross,
        TRY_CAST(line."total" AS DECIMAL(18, 6)) + tax * {number_field("total_tax", "line")} AS paid,
        scale,
        _updated_at
    FROM (
        SELECT
            file_row,
            {field("id")} AS order_id,
            {minor_units(_CURRENCY)} AS scale,
            CASE WHEN {field("prices_include_tax")} = 'true' THEN 1 ELSE 0 END AS tax,
            {field("date_modified_gmt")} AS _updated_at,
            unnest(o."line_items") AS line
        FROM {_ORDER_ITEMS}
    )
)
"""
# Whoever orders with an account is a customer even where no list of customers is imported. What an order says of them
# is older than anything that list says: a billing address is not the account's.
BUYERS = f"""
SELECT
    min(file_row) AS file_row,
    customer_id,
    arg_max({field("billing.email")}, place) AS email,
    arg_max({field("billing.phone")}, place) AS phone,
    arg_max({field("billing.first_name")}, place) AS first_name,
    arg_max({field("billing.country")}, place) AS country,
    min({field("date_created_gmt")}) AS created_at,
    CAST(max(TRY_CAST({field("date_created_gmt")} AS TIMESTAMP)) - INTERVAL 100 YEAR AS VARCHAR) AS _updated_at,
    arg_max(trim(concat_ws(' ', {field("billing.first_name")}, {field("billing.last_name")})), place) AS _name
FROM (
    SELECT *, {id_field("customer_id")} AS customer_id, row({field("date_created_gmt")}, file_row) AS place
    FROM {_ORDER_ITEMS}
)
WHERE customer_id IS NOT NULL
GROUP BY customer_id
"""
# In an order a refund has no time (order refunds' list properties), so it counts from the moment the file is from.
REFUNDS_IN_ORDERS = f"""
SELECT
    file_row,
    {field("id", "refund")} AS refund_id,
    order_id,
    {cents("ltrim(refund.total, '-')", "currency")} AS amount_cents,
    {field("reason", "refund")} AS reason,
    CAST(NULL AS VARCHAR) AS refunded_at,
    _updated_at
FROM (
    SELECT file_row, {field("id")} AS order_id, {_CURRENCY} AS currency,
        {field("date_modified_gmt")} AS _updated_at,
        unnest(o."refunds") AS refund
    FROM {_ORDER_ITEMS}
)
"""
# https://developer.woocommerce.com/docs/apis/rest-api/v3/refunds/; an order's own list has the order in its links.
REFUNDS = f"""
SELECT
    file_row,
    {text_at("id")} AS refund_id,
    coalesce({id_at("parent_id")}, regexp_extract(item ->> '$._links.up[0].href', 'orders/([0-9]+)', 1)) AS order_id,
    {cents(f"ltrim({text_at('amount')}, '-')", SHOP_CURRENCY)} AS amount_cents,
    {text_at("reason")} AS reason,
    {text_at("date_created_gmt")} AS refunded_at,
    {text_at("date_created_gmt")} AS _updated_at
FROM raw
"""
# Where plugins keep tracking numbers: Shipment Tracking (https://woocommerce.com/document/shipment-tracking/) and
# Advanced Shipment Tracking under the first key, AfterShip (https://github.com/AfterShip/aftership-apps-woocommerce)
# under the second. PHP writes a list with gaps as an object.
_TRACKING_KEYS = "('_wc_shipment_tracking_items', '_aftership_tracking_items')"
_SHIPPED = "place ->> '$.date_shipped'"
SHIPMENTS = f"""
SELECT
    file_row,
    order_id || '-' || number AS shipment_id,
    order_id,
    number AS tracking_no,
    carrier,
    CASE WHEN TRY_CAST(shipped AS BIGINT) > 0
        THEN CAST(make_timestamp(TRY_CAST(shipped AS BIGINT) * 1000000) AS VARCHAR) ELSE nullif(shipped, '0') END
        AS shipped_at,
    'label_created' AS status, -- a number is typed in when a label is made; nothing here knows of the parcel's way
    _updated_at
FROM (
    SELECT
        file_row, order_id, _updated_at,
        upper(replace(trim(place ->> '$.tracking_number'), ' ', '')) AS number,
        coalesce({text_at("tracking_provider", "place")}, {text_at("custom_tracking_provider", "place")},
            {text_at("slug", "place")}) AS carrier,
        nullif(trim({_SHIPPED}), '') AS shipped,
        key
    FROM (
        SELECT file_row, order_id, _updated_at, meta."key" AS key, unnest(
            CASE json_type(meta."value") WHEN 'ARRAY' THEN json_extract(meta."value", '$[*]')
                WHEN 'OBJECT' THEN json_extract(meta."value", '$.*') END) AS place
        FROM (
            SELECT file_row, {field("id")} AS order_id, {field("date_modified_gmt")} AS _updated_at,
                unnest(o."meta_data") AS meta
            FROM {_ORDER_ITEMS}
        )
        WHERE meta."key" IN {_TRACKING_KEYS}
    )
)
WHERE number <> ''
QUALIFY row_number() OVER (PARTITION BY order_id, number ORDER BY key DESC, shipped DESC) = 1
"""
