"""Fulfilments, what is in them and what the carriers said of them, as nodes of a bulk operation."""

from personalization.sources.importing.adapter import Landing
from personalization.sources.importing.expressions import word
from personalization.sources.systems.shopify.vocabulary import PARCEL_STATUSES, present

# https://shopify.dev/docs/api/admin-graphql/latest/objects/Fulfillment, FulfillmentEvent, FulfillmentLineItem and
# FulfillmentOrder
_FULFILLMENT = {
    "order_id": "$.order.id",
    "created_at": "$.createdAt",
    "updated_at": "$.updatedAt",
    "in_transit_at": "$.inTransitAt",
    "delivered_at": "$.deliveredAt",
    "estimated_at": "$.estimatedDeliveryAt",
    "state": "$.status",
    "display_status": "$.displayStatus",
    "tracking_no": "$.trackingInfo[0].number",
    "carrier": "$.trackingInfo[0].company",
}
FIELDS = {
    "Fulfillment": _FULFILLMENT,
    "FulfillmentEvent": {
        "status": "$.status",
        "happened_at": "$.happenedAt",
        "created_at": "$.createdAt",
        "message": "$.message",
        "city": "$.city",
        "province": "$.province",
        "country": "$.country",
    },
    "FulfillmentLineItem": {"line_id": "$.lineItem.id", "qty": "$.quantity"},
    "FulfillmentOrder": {
        "order_id": "$.orderId",
        "country": "$.destination.countryCode",
        "province": "$.destination.province",
    },
}


_SENT = "upper(p.display_status) IN ('FULFILLED', 'MARKED_AS_FULFILLED')"
# Of two events at one second the one further along counts, and trouble before a delivery.
_FURTHEST = (
    "coalesce(list_position(['LABEL_PURCHASED', 'LABEL_PRINTED', 'CONFIRMED', 'CARRIER_PICKED_UP', 'IN_TRANSIT',"
    " 'READY_FOR_PICKUP', 'OUT_FOR_DELIVERY', 'DELIVERED', 'PICKED_UP', 'ATTEMPTED_DELIVERY', 'DELAYED', 'FAILURE'],"
    " upper(status)), 0), status"
)
# A parcel that nobody tracks is taken to leave when the shop marks it as sent.
_SHIPMENTS = f"""
WITH told AS (
    SELECT
        parent,
        arg_max(status, (TRY_CAST(happened_at AS TIMESTAMPTZ), {_FURTHEST})) AS status,
        arg_max(happened_at, (TRY_CAST(happened_at AS TIMESTAMPTZ), happened_at))
            FILTER (WHERE upper(status) IN ('DELIVERED', 'PICKED_UP')) AS delivered_at
    FROM shopify_fulfillmentevent GROUP BY parent
)
SELECT
    p.file_row,
    p.id AS shipment_id,
    coalesce(p.order_id, bundle.order_id, p.parent, 'unknown') AS order_id,
    p.tracking_no,
    p.carrier,
    coalesce(p.in_transit_at, CASE WHEN {_SENT} THEN p.created_at END) AS shipped_at,
    coalesce({present("bundle.province")}, bundle.country) AS dest_region,
    left(p.estimated_at, 10) AS eta_latest_on,
    CASE
        WHEN upper(p.state) IN ('CANCELLED', 'CANCELED') THEN 'cancelled'
        ELSE {word("coalesce(p.display_status, told.status, 'FULFILLED')", PARCEL_STATUSES)}
    END AS status,
    coalesce(
        p.delivered_at,
        CASE
            WHEN upper(coalesce(p.display_status, told.status)) IN ('DELIVERED', 'PICKED_UP') THEN told.delivered_at
        END
    ) AS delivered_at,
    p.updated_at AS _updated_at
FROM shopify_fulfillment AS p
LEFT JOIN shopify_fulfillmentorder AS bundle ON bundle.id = p.parent
LEFT JOIN told ON told.parent = p.id
"""
_SHIPMENT_LINES = """
SELECT
    min(line.file_row) AS file_row,
    line.parent AS shipment_id,
    line.line_id AS order_line_id,
    sum(TRY_CAST(line.qty AS BIGINT)) AS qty,
    any_value(p.updated_at) AS _updated_at
FROM shopify_fulfillmentlineitem AS line LEFT JOIN shopify_fulfillment AS p ON p.id = line.parent
GROUP BY line.parent, line.line_id
"""
_EVENTS = f"""
SELECT
    file_row,
    id AS event_id,
    parent AS shipment_id,
    {word("status", PARCEL_STATUSES)} AS status,
    coalesce({present("message")}, status) AS raw_status,
    happened_at AS occurred_at,
    coalesce(created_at, happened_at) AS received_at,
    nullif(concat_ws(', ', {present("city")}, {present("province")}, {present("country")}), '') AS location,
    'shopify' AS source,
    coalesce(created_at, happened_at) AS _updated_at
FROM shopify_fulfillmentevent
"""
LANDINGS = (
    Landing(
        table="shipments",
        select=_SHIPMENTS,
        origins={"status": "displayStatus", "shipped_at": "inTransitAt", "delivered_at": "deliveredAt"},
    ),
    Landing(
        table="shipment_lines",
        select=_SHIPMENT_LINES,
        parent=("shipment_id", "shipments"),
        may_be_left_out=True,
        origins={"order_line_id": "lineItem", "qty": "quantity"},
    ),
    Landing(
        table="tracking_events",
        select=_EVENTS,
        carried_at=True,
        origins={"occurred_at": "happenedAt", "received_at": "createdAt"},
    ),
)
