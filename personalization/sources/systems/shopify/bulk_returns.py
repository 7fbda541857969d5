"""Returns and refunds as nodes of a bulk operation."""

from personalization.sources.importing.adapter import Landing
from personalization.sources.importing.expressions import cents, quoted, word
from personalization.sources.systems.shopify.vocabulary import RETURN_REASONS, RETURN_STATES, present

# https://shopify.dev/docs/api/admin-graphql/latest/objects/Return, ReturnLineItem, ExchangeLineItem and Refund
FIELDS = {
    "Return": {
        "order_id": "$.order.id",
        "status": "$.status",
        "created_at": "$.createdAt",
        "approved_at": "$.requestApprovedAt",
        "closed_at": "$.closedAt",
    },
    "ReturnLineItem": {
        "line_id": "$.fulfillmentLineItem.lineItem.id",
        "qty": "$.quantity",
        "refunded_qty": "$.refundedQuantity",
        "reason": "$.returnReason",
        "reason_handle": "$.returnReasonDefinition.handle",
        "reason_note": "$.returnReasonNote",
        "customer_note": "$.customerNote",
        "value": "$.withCodeDiscountedTotalPriceSet.shopMoney.amount",
        "currency": "$.withCodeDiscountedTotalPriceSet.shopMoney.currencyCode",
    },
    "ExchangeLineItem": {"qty": "$.quantity"},
    "Refund": {
        "order_id": "$.order.id",
        "created_at": "$.createdAt",
        "note": "$.note",
        "amount": "$.totalRefundedSet.shopMoney.amount",
        "currency": "$.totalRefundedSet.shopMoney.currencyCode",
    },
}


_UPDATED = "LEFT JOIN (SELECT id, updated_at FROM shopify_order) AS parent ON parent.id = {}"
# Shopify calls a return open as soon as it is accepted, and does not say here when the goods came back. A credit is a
# refund to it: how the money went is told by the refund's transactions alone.
_RETURNS = f"""
SELECT
    r.file_row,
    r.id AS return_id,
    coalesce(r.order_id, r.parent) AS order_id,
    {word("r.status", RETURN_STATES)} AS state,
    r.created_at AS requested_at,
    r.approved_at,
    r.closed_at,
    CASE
        WHEN upper(r.status) = 'DECLINED' THEN 'rejected'
        WHEN r.id IN (SELECT parent FROM shopify_exchangelineitem) THEN 'exchange'
        WHEN r.id IN (SELECT parent FROM shopify_returnlineitem WHERE TRY_CAST(refunded_qty AS BIGINT) > 0)
            THEN 'refund'
    END AS outcome,
    updated_at AS _updated_at
FROM shopify_return AS r {_UPDATED.format("coalesce(r.order_id, r.parent)")}
"""
_HANDLE = f"replace({present('reason_handle')}, '-', '_')"
_LISTED = ", ".join(map(quoted, RETURN_REASONS))
# A reason of the library first, the older word where it says more, and any other reason of the library last.
_REASON = (
    f"CASE WHEN lower({_HANDLE}) IN ({_LISTED}) THEN {_HANDLE}"
    f" WHEN {_HANDLE} IS NOT NULL AND coalesce(upper(reason), 'OTHER') IN ('OTHER', 'UNKNOWN') THEN 'other'"
    " ELSE reason END"
)
_MAPPED = word(f"({_REASON})", RETURN_REASONS)
_IS_ALLERGY = (
    f"({_MAPPED}) = 'allergy' OR regexp_matches(lower(concat_ws(' ', reason_note, customer_note)), 'allerg|alerg')"
)
# One line of an order may come back in several lines of a return; of their reasons an allergy must not be lost, and
# shops that have no word for it write it down.
_RETURN_LINES = f"""
SELECT
    min(line.file_row) AS file_row,
    line.parent AS return_id,
    line.line_id AS order_line_id,
    sum(TRY_CAST(line.qty AS BIGINT)) AS qty,
    coalesce(
        min('allergy') FILTER (WHERE {_IS_ALLERGY}),
        arg_min({_MAPPED}, line.file_row),
        'unknown'
    ) AS reason,
    CASE WHEN sum(TRY_CAST(refunded_qty AS BIGINT)) > 0 THEN 'refund' END AS outcome,
    sum(TRY_CAST({cents("line.value", "line.currency")} AS BIGINT)) AS value_cents,
    any_value(updated_at) AS _updated_at
FROM shopify_returnlineitem AS line
LEFT JOIN shopify_return AS r ON r.id = line.parent {_UPDATED.format("coalesce(r.order_id, r.parent)")}
WHERE line.line_id IS NOT NULL
GROUP BY line.parent, line.line_id
"""
_REFUNDS = f"""
SELECT
    r.file_row,
    r.id AS refund_id,
    coalesce(r.order_id, returned.order_id, returned.parent, r.parent) AS order_id,
    {cents("r.amount", "r.currency")} AS amount_cents,
    r.created_at AS refunded_at,
    updated_at AS _updated_at
FROM shopify_refund AS r LEFT JOIN shopify_return AS returned ON returned.id = r.parent
{_UPDATED.format("coalesce(r.order_id, returned.order_id, returned.parent, r.parent)")}
"""
LANDINGS = (
    Landing(
        table="returns",
        select=_RETURNS,
        origins={"state": "status", "requested_at": "createdAt", "approved_at": "requestApprovedAt"},
    ),
    Landing(
        table="return_lines",
        select=_RETURN_LINES,
        parent=("return_id", "returns"),
        may_be_left_out=True,
        origins={"qty": "quantity", "reason": "returnReason", "order_line_id": "fulfillmentLineItem"},
    ),
    Landing(
        table="refunds",
        select=_REFUNDS,
        parent=("order_id", "orders"),
        may_be_left_out=True,
        origins={"amount_cents": "totalRefundedSet", "refunded_at": "createdAt"},
    ),
)
