"""AfterShip: trackings as its API gives them, each with all its checkpoints."""

from personalization.sources.importing.adapter import Landing, Shape, System
from personalization.sources.importing.expressions import word

# https://www.aftership.com/docs/tracking/2025-01/enum/delivery-statuses
_STATUSES = {
    "inforeceived": "label_created",
    "intransit": "in_transit",
    "outfordelivery": "out_for_delivery",
    "attemptfail": "attempt_failed",
    "availableforpickup": "ready_for_pickup",
    "delivered": "delivered",
    "exception": "exception",
    "expired": "expired",
    "pending": "unknown",
}
# https://www.aftership.com/docs/tracking/2025-04/enum/delivery-sub-statuses
_SUBSTATUSES = {"exception_004": "delayed", "exception_005": "delayed", "exception_011": "return_to_sender"}


def _status(tag: str, subtag: str) -> str:
    listed = ", ".join(f"'{own}'" for own in _SUBSTATUSES)
    return f"CASE WHEN lower({subtag}) IN ({listed}) THEN {word(subtag, _SUBSTATUSES)} ELSE {word(tag, _STATUSES)} END"


_TRACKINGS = f"""
SELECT
    file_row,
    item ->> '$.id' AS shipment_id,
    coalesce(item ->> '$.order_id', item ->> '$.order_number', 'unknown') AS order_id,
    coalesce(item ->> '$.order_number', item ->> '$.order_id') AS _order,
    item ->> '$.tracking_number' AS tracking_no,
    item ->> '$.slug' AS carrier,
    item ->> '$.shipment_type' AS service,
    coalesce(item ->> '$.shipment_pickup_date', item ->> '$.pickup_date') AS shipped_at,
    {_status("(item ->> '$.tag')", "(item ->> '$.subtag')")} AS status,
    coalesce(item ->> '$.shipment_delivery_date', item ->> '$.delivery_date') AS delivered_at,
    item ->> '$.updated_at' AS _updated_at
FROM raw
"""
_CHECKPOINTS = f"""
SELECT
    file_row,
    md5(concat_ws('|', tracking, place ->> '$.checkpoint_time', place ->> '$.tag', place ->> '$.subtag',
        place ->> '$.message')) AS event_id,
    tracking AS shipment_id,
    {_status("(place ->> '$.tag')", "(place ->> '$.subtag')")} AS status,
    place ->> '$.raw_tag' AS raw_status,
    place ->> '$.subtag' AS substatus,
    place ->> '$.checkpoint_time' AS occurred_at,
    place ->> '$.created_at' AS received_at,
    place ->> '$.location' AS location,
    'aftership' AS source
FROM (
    SELECT file_row, item ->> '$.id' AS tracking, unnest(from_json(item -> '$.checkpoints', '["JSON"]')) AS place
    FROM raw
)
"""

SYSTEM = System(
    name="aftership",
    role="tracker",
    workflow="parcels: every message waits for a trusted delivery",
    lag_hours=3,  # it asks carriers every 3 to 12 hours (T3)
    shapes=(
        Shape(
            name="trackings",
            format="json",
            required=("tracking_number", "checkpoints"),
            lists=("$.data.trackings", "$.trackings"),
            landings=(
                Landing(table="shipments", select=_TRACKINGS),
                Landing(table="tracking_events", select=_CHECKPOINTS, carried_at=True),
            ),
        ),
    ),
    carries={},
)
