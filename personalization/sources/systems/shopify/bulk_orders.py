"""Orders and their lines as nodes of a bulk operation."""

from personalization.sources.importing.adapter import Landing
from personalization.sources.importing.expressions import cents, quoted, word
from personalization.sources.systems.shopify.vocabulary import (
    FINANCIAL_STATUSES,
    GIFT_TAGS,
    PREORDER_TAGS,
    SUBSCRIPTION_TAGS,
    TEST_TAGS,
    UNPAID,
    has_tag,
    is_for_another,
    present,
)

# https://shopify.dev/docs/api/admin-graphql/latest/objects/Order and LineItem
FIELDS = {
    "Order": {
        "customer_id": "$.customer.id",
        "name": "$.name",
        "email": "$.email",
        "phone": "$.phone",
        "created_at": "$.createdAt",
        "processed_at": "$.processedAt",
        "updated_at": "$.updatedAt",
        "cancelled_at": "$.cancelledAt",
        "financial_status": "$.displayFinancialStatus",
        "currency": "$.currencyCode",
        "total": "$.totalPriceSet.shopMoney.amount",
        "total_currency": "$.totalPriceSet.shopMoney.currencyCode",
        "discount": "$.totalDiscountsSet.shopMoney.amount",
        "shipping": "$.totalShippingPriceSet.shopMoney.amount",
        "tax": "$.totalTaxSet.shopMoney.amount",
        "source": "$.sourceName",
        "tags": "$.tags",
        "test": "$.test",
        "billing_name": "$.billingAddress.name",
        "billing_zip": "$.billingAddress.zip",
        "shipping_name": "$.shippingAddress.name",
        "shipping_zip": "$.shippingAddress.zip",
        "refunds": "$.refunds",
        "fulfillments": "$.fulfillments",
    },
    "LineItem": {
        "sku": "$.sku",
        "name": "$.name",
        "title": "$.title",
        "qty": "$.quantity",
        "current_qty": "$.currentQuantity",
        "price": "$.originalUnitPriceSet.shopMoney.amount",
        "discount": "$.totalDiscountSet.shopMoney.amount",
        "currency": "$.originalUnitPriceSet.shopMoney.currencyCode",
        "contract": "$.contract.id",
    },
}
_CURRENCY = "coalesce(total_currency, currency)"
_IS_FOR_ANOTHER = is_for_another("billing_name", "shipping_name", own_address="billing_zip", address="shipping_zip")
# "processedAt" is the order's own day, "createdAt" may be that of a move from another platform.
_ORDERS = f"""
SELECT
    file_row,
    id AS order_id,
    customer_id,
    name,
    coalesce(processed_at, created_at) AS placed_at,
    {_CURRENCY} AS currency,
    {cents("total", _CURRENCY)} AS total_cents,
    {cents("discount", _CURRENCY)} AS discount_cents,
    {cents("shipping", _CURRENCY)} AS shipping_cents,
    {cents("tax", _CURRENCY)} AS tax_cents,
    {word("financial_status", FINANCIAL_STATUSES)} AS financial_status,
    cancelled_at,
    source AS channel,
    coalesce({has_tag("tags", GIFT_TAGS)}, {_IS_FOR_ANOTHER}) AS is_gift,
    coalesce(
        {has_tag("tags", SUBSCRIPTION_TAGS)},
        starts_with(source, 'subscription_contract') OR NULL,
        id IN (SELECT parent FROM shopify_lineitem WHERE contract IS NOT NULL) OR NULL
    ) AS is_subscription,
    {has_tag("tags", PREORDER_TAGS)} AS is_preorder,
    coalesce({has_tag("tags", TEST_TAGS)}, TRY_CAST(test AS BOOLEAN)) AS is_test,
    {present("email")} AS _email,
    {present("phone")} AS _phone,
    billing_name AS _name,
    updated_at AS _updated_at
FROM shopify_order
"""
_UNPAID = ", ".join(map(quoted, UNPAID))
# What was taken off an order that was never paid is cancelled, off any other one refunded.
_LINES = f"""
SELECT
    line.file_row,
    line.id AS order_line_id,
    line.parent AS order_id,
    coalesce({present("line.sku")}, {present("line.name")}, {present("line.title")}) AS sku,
    qty,
    {cents("price", "line.currency")} AS unit_price_cents,
    {cents("line.discount", "line.currency")} AS discount_cents,
    CASE WHEN is_unpaid THEN removed END AS qty_cancelled,
    CASE WHEN NOT is_unpaid THEN removed END AS qty_refunded,
    updated_at AS _updated_at
FROM (
    SELECT *, nullif(TRY_CAST(qty AS BIGINT) - TRY_CAST(current_qty AS BIGINT), 0) AS removed FROM shopify_lineitem
) AS line
LEFT JOIN (
    SELECT id, updated_at, cancelled_at IS NOT NULL AND upper(financial_status) IN ({_UNPAID}) AS is_unpaid
    FROM shopify_order
) AS parent ON parent.id = line.parent
WHERE qty IS DISTINCT FROM '0'
"""
LANDINGS = (
    Landing(
        table="orders",
        select=_ORDERS,
        origins={
            "placed_at": "processedAt",
            "currency": "currencyCode",
            "total_cents": "totalPriceSet",
            "cancelled_at": "cancelledAt",
        },
    ),
    Landing(
        table="order_lines",
        select=_LINES,
        parent=("order_id", "orders"),
        may_be_left_out=True,
        origins={"qty": "quantity", "unit_price_cents": "originalUnitPriceSet", "discount_cents": "totalDiscountSet"},
    ),
)
