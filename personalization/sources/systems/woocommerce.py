"""WooCommerce: orders, products, variations, customers, refunds and coupons as its REST API (wc/v3) gives them.

``completed`` says that the shop is done with an order, not that a parcel came: WooCommerce itself knows no parcels,
only plugins write their tracking numbers into an order's meta data. A guest is customer 0. A product has no currency
of its own, and an order's refunds no time; the refunds' own list has it. Nothing here is a consent to marketing.
"""

from personalization.sources.importing.adapter import Landing, Shape, System
from personalization.sources.importing.expressions import SHOP_CURRENCY, cents, minor_units, word

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


def _text(path: str, item: str = "item") -> str:
    """Return the SQL of the text at a JSON path; WooCommerce writes an empty text where there is nothing."""
    return f"nullif({item} ->> '$.{path}', '')"


def _of(path: str, item: str) -> str:
    return f"coalesce(TRY_CAST({item} ->> '$.{path}' AS DECIMAL(18, 6)), 0)"


def _id(path: str, item: str = "item") -> str:
    """Return the SQL of an id; 0 is nobody and nothing."""
    return f"nullif({_text(path, item)}, '0')"


_CURRENCY = _text("currency")
_STATUS = f"regexp_replace(lower({_text('status')}), '^wc-', '')"
_ORDER_ITEMS = f"(SELECT *, {_STATUS} AS state FROM raw WHERE {_STATUS} NOT IN {_NO_ORDERS} OR {_STATUS} IS NULL)"
_GIVEN_BACK = "list_sum(list_transform(item ->> '$.refunds[*].total', lambda total: abs(TRY_CAST(total AS DOUBLE))))"
_FINANCIAL_STATUS = f"""CASE
    WHEN state IN {_CALLED_OFF} THEN
        CASE WHEN {_text("date_paid_gmt")} IS NULL THEN 'voided' WHEN {_GIVEN_BACK} > 0 THEN 'refunded' ELSE 'paid' END
    WHEN state IN ('processing', 'completed') AND {_GIVEN_BACK} > 0 THEN
        CASE WHEN {_GIVEN_BACK} < TRY_CAST({_text("total")} AS DOUBLE) THEN 'partially_refunded' ELSE 'refunded' END
    WHEN state IN ({", ".join(f"'{own}'" for own in _FINANCIAL_STATUSES)}) THEN {word("state", _FINANCIAL_STATUSES)}
    WHEN {_text("date_paid_gmt")} IS NOT NULL THEN 'paid' -- a state of the shop's own or a plugin's, such as 'packed'
    WHEN state IS NOT NULL THEN 'pending'
END"""
_IS_SUBSCRIPTION = (  # https://woocommerce.com/document/subscriptions/develop/data-structure/
    f"coalesce({_text('created_via')} = 'subscription', false) OR coalesce(list_contains("
    "item ->> '$.meta_data[*].key', '_subscription_renewal'), false)"
)


def _amount(path: str, tax: str) -> str:
    """Return the SQL of an order's amount as the customer sees it: with tax where the shop's prices hold it."""
    with_tax = f"CAST({_of(path, 'item')} + {_of(tax, 'item')} AS VARCHAR)"
    is_number = f"TRY_CAST({_text(path)} AS DOUBLE) IS NOT NULL"
    shown = f"CASE WHEN {_text('prices_include_tax')} = 'true' AND {is_number} THEN {with_tax} ELSE {_text(path)} END"
    return cents(shown, _CURRENCY)


_ORDERS = f"""
SELECT
    file_row,
    {_text("id")} AS order_id,
    {_id("customer_id")} AS customer_id,
    coalesce({_text("number")}, {_text("id")}) AS name,
    {_text("date_created_gmt")} AS placed_at,
    {_CURRENCY} AS currency,
    {cents(_text("total"), _CURRENCY)} AS total_cents,
    {_amount("discount_total", "discount_tax")} AS discount_cents,
    {_amount("shipping_total", "shipping_tax")} AS shipping_cents,
    {cents(_text("total_tax"), _CURRENCY)} AS tax_cents,
    {_FINANCIAL_STATUS} AS financial_status,
    CASE WHEN state IN {_CALLED_OFF} THEN {_text("date_modified_gmt")} END AS cancelled_at,
    {_text("created_via")} AS channel,
    {_IS_SUBSCRIPTION} AS is_subscription,
    {_text("billing.email")} AS _email,
    {_text("billing.phone")} AS _phone,
    nullif(trim(concat_ws(' ', {_text("billing.first_name")}, {_text("billing.last_name")})), '') AS _name,
    {_text("date_modified_gmt")} AS _updated_at
FROM {_ORDER_ITEMS}
"""
_SKU = f"coalesce({_text('sku', 'line')}, {_id('variation_id', 'line')}, {_id('product_id', 'line')})"
_LINES = f"""
SELECT
    file_row, order_line_id, order_id, sku, qty, _updated_at,
    coalesce(CAST(CAST(round(gross / nullif(TRY_CAST(qty AS DECIMAL(12, 3)), 0) * scale) AS BIGINT) AS VARCHAR), said)
        AS unit_price_cents,
    CAST(greatest(round((gross - paid) * scale), 0) AS BIGINT) AS discount_cents
FROM (
    SELECT
        file_row,
        {_text("id", "line")} AS order_line_id,
        order_id,
        {_SKU} AS sku,
        line ->> '$.quantity' AS qty,
        line ->> '$.subtotal' AS said,
        TRY_CAST(line ->> '$.subtotal' AS DECIMAL(18, 6)) + tax * {_of("subtotal_tax", "line")} AS gross,
        TRY_CAST(line ->> '$.total' AS DECIMAL(18, 6)) + tax * {_of("total_tax", "line")} AS paid,
        scale,
        _updated_at
    FROM (
        SELECT
            file_row,
            {_text("id")} AS order_id,
            {minor_units(_CURRENCY)} AS scale,
            CASE WHEN {_text("prices_include_tax")} = 'true' THEN 1 ELSE 0 END AS tax,
            {_text("date_modified_gmt")} AS _updated_at,
            unnest(from_json(item -> '$.line_items', '["JSON"]')) AS line
        FROM {_ORDER_ITEMS}
    )
)
"""
# Whoever orders with an account is a customer even where no list of customers is imported. What an order says of them
# is older than anything that list says: a billing address is not the account's.
_BUYERS = f"""
SELECT
    min(file_row) AS file_row,
    customer_id,
    arg_max({_text("billing.email")}, place) AS email,
    arg_max({_text("billing.phone")}, place) AS phone,
    arg_max({_text("billing.first_name")}, place) AS first_name,
    arg_max({_text("billing.country")}, place) AS country,
    min({_text("date_created_gmt")}) AS created_at,
    CAST(max(TRY_CAST({_text("date_created_gmt")} AS TIMESTAMP)) - INTERVAL 100 YEAR AS VARCHAR) AS _updated_at,
    arg_max(trim(concat_ws(' ', {_text("billing.first_name")}, {_text("billing.last_name")})), place) AS _name
FROM (
    SELECT *, {_id("customer_id")} AS customer_id, row({_text("date_created_gmt")}, file_row) AS place
    FROM {_ORDER_ITEMS}
)
WHERE customer_id IS NOT NULL
GROUP BY customer_id
"""
# In an order a refund has no time (order refunds' list properties), so it counts from the moment the file is from.
_REFUNDS_IN_ORDERS = f"""
SELECT
    file_row,
    {_text("id", "refund")} AS refund_id,
    order_id,
    {cents("ltrim(refund ->> '$.total', '-')", "currency")} AS amount_cents,
    {_text("reason", "refund")} AS reason,
    CAST(NULL AS VARCHAR) AS refunded_at,
    _updated_at
FROM (
    SELECT file_row, {_text("id")} AS order_id, {_CURRENCY} AS currency, {_text("date_modified_gmt")} AS _updated_at,
        unnest(from_json(item -> '$.refunds', '["JSON"]')) AS refund
    FROM {_ORDER_ITEMS}
)
"""
# https://developer.woocommerce.com/docs/apis/rest-api/v3/refunds/; an order's own list has the order in its links.
_REFUNDS = f"""
SELECT
    file_row,
    {_text("id")} AS refund_id,
    coalesce({_id("parent_id")}, regexp_extract(item ->> '$._links.up[0].href', 'orders/([0-9]+)', 1)) AS order_id,
    {cents(f"ltrim({_text('amount')}, '-')", SHOP_CURRENCY)} AS amount_cents,
    {_text("reason")} AS reason,
    {_text("date_created_gmt")} AS refunded_at,
    {_text("date_created_gmt")} AS _updated_at
FROM raw
"""
# Where plugins keep tracking numbers: Shipment Tracking (https://woocommerce.com/document/shipment-tracking/) and
# Advanced Shipment Tracking under the first key, AfterShip (https://github.com/AfterShip/aftership-apps-woocommerce)
# under the second. PHP writes a list with gaps as an object.
_TRACKING_KEYS = "('_wc_shipment_tracking_items', '_aftership_tracking_items')"
_SHIPPED = "place ->> '$.date_shipped'"
_SHIPMENTS = f"""
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
        coalesce({_text("tracking_provider", "place")}, {_text("custom_tracking_provider", "place")},
            {_text("slug", "place")}) AS carrier,
        nullif(trim({_SHIPPED}), '') AS shipped,
        key
    FROM (
        SELECT file_row, order_id, _updated_at, meta ->> '$.key' AS key, unnest(
            CASE json_type(meta, '$.value') WHEN 'ARRAY' THEN json_extract(meta, '$.value[*]')
                WHEN 'OBJECT' THEN json_extract(meta, '$.value.*') END) AS place
        FROM (
            SELECT file_row, {_text("id")} AS order_id, {_text("date_modified_gmt")} AS _updated_at,
                unnest(from_json(item -> '$.meta_data', '["JSON"]')) AS meta
            FROM {_ORDER_ITEMS}
        )
        WHERE meta ->> '$.key' IN {_TRACKING_KEYS}
    )
)
WHERE number <> ''
QUALIFY row_number() OVER (PARTITION BY order_id, number ORDER BY key DESC, shipped DESC) = 1
"""
# https://developer.woocommerce.com/docs/apis/rest-api/v3/products/ and …/product-variations/
_PARENT = (
    f"coalesce({_id('parent_id')}, nullif(regexp_extract(item ->> '$._links.up[0].href', 'products/([0-9]+)', 1), ''))"
)
_PRICE = f"coalesce({_text('price')}, {_text('regular_price')})"
_SIZE = (
    "list_filter(from_json(item -> '$.attributes', '[\"JSON\"]'),"
    " lambda a: lower(a ->> '$.name') IN ('size', 'größe', 'taille', 'talla', 'maat') AND a ->> '$.option' IS NOT NULL)"
)


def _products(category: str, image: str, parent: str) -> str:
    """Return the SELECT of things that can be bought; parent is the SQL of the product that they are variations of."""
    return f"""
SELECT
    file_row,
    coalesce({_text("sku")}, {_text("id")}) AS sku,
    coalesce({parent}, {_text("id")}) AS product_id,
    coalesce({_text("name")}, {_text("sku")}, {_text("id")}) AS title,
    {category} AS category,
    {_text("brands[0].name")} AS brand,
    CASE WHEN lower({_text("type")}) IN ('gift-card', 'pw-gift-card', 'gift_card') THEN 'gift_card'
        WHEN 'true' IN ({_text("virtual")}, {_text("downloadable")}) THEN 'digital' ELSE 'unknown' END AS product_type,
    coalesce({cents(_PRICE, SHOP_CURRENCY)}, '0') AS price_cents,
    {cents(_text("cost_of_goods_sold.total_value"), SHOP_CURRENCY)} AS cost_cents,
    {SHOP_CURRENCY} AS currency,
    CASE {_text("stock_status")} WHEN 'instock' THEN true WHEN 'outofstock' THEN false WHEN 'onbackorder' THEN false END
        AS is_in_stock,
    CASE WHEN {_PRICE} IS NULL AND {_text("status")} = 'publish' THEN 'draft' -- nothing without a price can be bought
        ELSE {word(_text("status"), _PRODUCT_STATUSES)} END AS status,
    {_text(image)} AS image_url,
    {_text("permalink")} AS url,
    {parent} AS variant_group,
    {_SIZE}[1] ->> '$.option' AS size,
    {_text("date_modified_gmt")} AS _updated_at
FROM raw
"""


# A grouped product is a list of others, and of a variable one without a SKU only the variations can be bought.
_PRODUCTS = (
    _products(_text("categories[0].name"), "images[0].src", "CAST(NULL AS VARCHAR)")
    + f"WHERE {_text('type')} <> 'grouped' AND ({_text('type')} <> 'variable' OR {_text('sku')} IS NOT NULL)"
)
_VARIATIONS = _products("CAST(NULL AS VARCHAR)", "image.src", _PARENT)
# https://developer.woocommerce.com/docs/apis/rest-api/v3/customers/
_CUSTOMERS = f"""
SELECT
    file_row,
    {_text("id")} AS customer_id,
    {_text("email")} AS email,
    {_text("billing.phone")} AS phone,
    coalesce({_text("first_name")}, {_text("billing.first_name")}) AS first_name,
    coalesce({_text("billing.country")}, {_text("shipping.country")}) AS country,
    {_text("date_created_gmt")} AS created_at,
    nullif(trim(concat_ws(' ', {_text("first_name")}, {_text("last_name")})), '') AS _name,
    {_text("date_modified_gmt")} AS _updated_at
FROM raw
"""
# https://developer.woocommerce.com/docs/apis/rest-api/v3/coupons/; a coupon ends when its last day begins (00:00), so
# the day before is the last on which it can be used.
_COUPONS = f"""
SELECT
    file_row,
    {_text("code")} AS coupon_id,
    {_text("usage_limit")} AS budget,
    coalesce({_text("usage_limit")} = '1', false) AS is_single_use,
    coalesce(CAST(CAST(TRY_CAST({_text("date_expires")} AS TIMESTAMP) - INTERVAL 1 SECOND AS DATE) AS VARCHAR),
        {_text("date_expires")}) AS valid_until_on,
    {_text("date_modified_gmt")} AS _updated_at
FROM raw
"""
_IN_ORDER = ("order_id", "orders")
# https://developer.wordpress.org/rest-api/using-the-rest-api/global-parameters/ (_envelope)
_ENVELOPE = ("$.body",)

SYSTEM = System(
    name="woocommerce",
    role="platform",
    workflow="orders, customers and products: every program starts from them",
    lag_hours=0,
    shapes=(
        Shape(
            name="orders",
            format="json",
            lists=_ENVELOPE,
            required=("id", "status", "currency", "date_created_gmt", "total", "customer_id", "billing", "line_items"),
            landings=(
                Landing(
                    table="orders",
                    select=_ORDERS,
                    origins={
                        "order_id": "id",
                        "placed_at": "date_created_gmt",
                        "total_cents": "total",
                        "discount_cents": "discount_total",
                        "shipping_cents": "shipping_total",
                        "tax_cents": "total_tax",
                        "financial_status": "status",
                        "cancelled_at": "date_modified_gmt",
                    },
                ),
                Landing(
                    table="order_lines",
                    select=_LINES,
                    parent=_IN_ORDER,
                    origins={
                        "order_line_id": "line_items.id",
                        "sku": "line_items.sku",
                        "qty": "line_items.quantity",
                        "unit_price_cents": "line_items.subtotal",
                    },
                ),
                Landing(
                    table="refunds",
                    select=_REFUNDS_IN_ORDERS,
                    parent=_IN_ORDER,
                    undated="refunded_at",
                    origins={"refund_id": "refunds.id", "amount_cents": "refunds.total"},
                ),
                Landing(table="shipments", select=_SHIPMENTS, parent=_IN_ORDER, origins={"shipped_at": "date_shipped"}),
                Landing(table="customers", select=_BUYERS, origins={"created_at": "date_created_gmt"}),
            ),
        ),
        Shape(
            name="refunds",
            format="json",
            required=("id", "amount", "refunded_by", "date_created_gmt"),
            landings=(
                Landing(
                    table="refunds",
                    select=_REFUNDS,
                    origins={"refund_id": "id", "amount_cents": "amount", "refunded_at": "date_created_gmt"},
                ),
            ),
        ),
        Shape(
            name="products",
            format="json",
            required=("id", "name", "type", "status", "price", "stock_status", "categories"),
            landings=(Landing(table="products", select=_PRODUCTS, origins={"price_cents": "price"}),),
        ),
        Shape(
            name="variations",
            format="json",
            required=("id", "status", "regular_price", "stock_status", "attributes", "image"),
            landings=(Landing(table="products", select=_VARIATIONS, origins={"price_cents": "price"}),),
        ),
        Shape(
            name="customers",
            format="json",
            required=("id", "email", "role", "username", "billing"),
            landings=(
                Landing(
                    table="customers",
                    select=_CUSTOMERS,
                    origins={"customer_id": "id", "created_at": "date_created_gmt"},
                ),
            ),
        ),
        Shape(
            name="coupons",
            format="json",
            required=("id", "code", "discount_type", "usage_limit"),
            landings=(
                Landing(
                    table="coupons",
                    select=_COUPONS,
                    origins={"coupon_id": "code", "budget": "usage_limit", "valid_until_on": "date_expires"},
                ),
            ),
        ),
    ),
    carries={
        "customers": ("customer_id", "email", "phone", "first_name", "country", "created_at"),
        "products": (
            *("sku", "product_id", "title", "category", "brand", "price_cents", "cost_cents", "currency"),
            *("is_in_stock", "status", "url", "size"),
        ),
        "orders": (
            *("order_id", "customer_id", "name", "placed_at", "currency", "total_cents", "discount_cents"),
            *("shipping_cents", "tax_cents", "financial_status", "cancelled_at", "channel", "is_subscription"),
        ),
        "order_lines": ("order_line_id", "order_id", "sku", "qty", "unit_price_cents", "discount_cents"),
        "shipments": ("order_id", "tracking_no", "carrier", "shipped_at"),
        "refunds": ("refund_id", "order_id", "amount_cents", "reason", "refunded_at"),
    },
)
