"""EasyPost: trackers as its API, its shipments and its webhooks give them, each with all its scans.

A tracker knows no order: its parcel finds it through the platform's parcel with the same tracking number, or through
the ``reference`` that the shop gave the shipment. Trackers of the test mode and of parcels on their way back to the
shop (``is_return``) land nowhere. Email addresses are not kept.

Times are UTC; a scan without a place may be local time that EasyPost takes for UTC
(https://docs.easypost.com/docs/trackers), so it never counts as later than the tracker's own last change.
"""

import duckdb

from personalization.sources.importing.adapter import Landing, Shape, System
from personalization.sources.importing.expressions import word

# https://docs.easypost.com/docs/trackers
_STATUSES = {
    "pre_transit": "label_created",
    "in_transit": "in_transit",
    "out_for_delivery": "out_for_delivery",
    "available_for_pickup": "ready_for_pickup",
    "delivered": "delivered",
    "return_to_sender": "return_to_sender",
    "failure": "exception",
    "error": "exception",
    "cancelled": "cancelled",
    "unknown": "unknown",
}
# What a status_detail says beyond a status that is not final: the same page. Which of them mean a delay is our choice.
_DETAILS = {
    "arrived_at_pickup_location": "ready_for_pickup",
    "awaiting_information": "exception",
    "cancelled": "cancelled",
    "damaged": "exception",
    "delayed": "delayed",
    "delivery_exception": "exception",
    "expired": "expired",
    "failure": "exception",
    "held": "delayed",
    "lost": "exception",
    "missorted": "delayed",
    "refused": "exception",
    "return": "return_to_sender",
    "transit_exception": "exception",
    "weather_delay": "delayed",
}
_FINAL = "('delivered', 'return_to_sender', 'cancelled')"
# EasyPost has no word for an attempt: the carrier's sentence says so (our choice of words).
_ATTEMPT = (
    "attempt|notice left|left a notice|no one (was )?(at )?home|nobody (was )?(at )?home|no access|business closed"
)


def _status(source: str) -> str:
    """Return the SQL of the canonical word for a tracker or a scan; *source* is its JSON."""
    status, detail = f"({source} ->> '$.status')", f"({source} ->> '$.status_detail')"
    said = f"lower(concat_ws(' ', {source} ->> '$.message', {source} ->> '$.description'))"
    listed = ", ".join(f"'{own}'" for own in _DETAILS)
    return (
        f"CASE WHEN {status} IN {_FINAL} THEN {word(status, _STATUSES)}"
        f" WHEN {status} NOT IN ('pre_transit', 'available_for_pickup') AND regexp_matches({said}, '{_ATTEMPT}')"
        f" THEN 'attempt_failed' WHEN {detail} IN ({listed}) THEN {word(detail, _DETAILS)}"
        f" ELSE {word(status, _STATUSES)} END"
    )


_SCANS_SQL = f"""
CREATE OR REPLACE TEMP TABLE scans AS
WITH listed AS (
    SELECT file_row, item ->> '$.id' AS tracker, item ->> '$.updated_at' AS updated_at,
        unnest(item -> '$.tracking_details[*]') AS scan,
        generate_subscripts(item -> '$.tracking_details[*]', 1) AS ordinal
    FROM trackers
),
told AS (
    SELECT *, {_status("scan")} AS said,
        CAST(TRY_CAST(scan ->> '$.datetime' AS TIMESTAMPTZ) AS TIMESTAMP) AS scanned_at,
        CAST(TRY_CAST(updated_at AS TIMESTAMPTZ) AS TIMESTAMP) AS known_at,
        array_to_string(list_filter([scan ->> '$.tracking_location.city', scan ->> '$.tracking_location.state',
            scan ->> '$.tracking_location.country'], lambda part: part <> ''), ', ') AS place
    FROM listed
),
timed AS (
    SELECT *, CASE WHEN scanned_at IS NULL THEN scan ->> '$.datetime'
        WHEN place = '' THEN CAST(least(scanned_at, known_at) AS VARCHAR)
        ELSE CAST(scanned_at AS VARCHAR) END AS occurred_at
    FROM told
)
-- A parcel that was on its way back is delivered to its sender.
SELECT *, CASE WHEN said = 'delivered' AND bool_or(said = 'return_to_sender') OVER earlier THEN 'return_to_sender'
    ELSE said END AS status
FROM timed
WINDOW earlier AS (PARTITION BY file_row ORDER BY scanned_at, ordinal ROWS UNBOUNDED PRECEDING)
"""


def _take_apart(connection: duckdb.DuckDBPyConnection, *, item: str = "item", where: str = "true") -> None:
    """Build ``trackers``, the real, outward ones, and ``scans``; *item* finds a tracker in the JSON of ``raw``."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE trackers AS SELECT * FROM"
        f" (SELECT file_row, {item} AS item FROM raw WHERE {where})"
        " WHERE coalesce(item ->> '$.object', 'Tracker') = 'Tracker'"
        " AND coalesce(item ->> '$.mode', 'production') <> 'test' AND coalesce(item ->> '$.is_return', '') <> 'true'"
    )
    connection.execute(_SCANS_SQL)


def _take_apart_events(connection: duckdb.DuckDBPyConnection) -> None:
    """Take the trackers out of webhooks' events; those of other things are none."""
    _take_apart(connection, item="item -> '$.result'")


def _take_apart_shipments(connection: duckdb.DuckDBPyConnection) -> None:
    """Take the trackers out of shipments, each with its shipment's reference; without a label there is none."""
    _take_apart(
        connection,
        item="json_merge_patch(item -> '$.tracker', json_object('reference', item ->> '$.reference'))",
        where="item ->> '$.tracker.id' IS NOT NULL AND coalesce(item ->> '$.is_return', '') <> 'true'",
    )


def _field(name: str) -> str:
    return f"nullif(trim(item ->> '$.{name}'), '')"


_DETAIL, _PLACE = "carrier_detail", "tracking_location"
_TRACKERS = f"""
WITH progress AS (
    SELECT
        file_row,
        arg_max(status, (scanned_at, ordinal)) AS newest,
        bool_or(status = 'return_to_sender') AS is_returning,
        arg_min(occurred_at, scanned_at) FILTER (WHERE status = 'delivered') AS delivered,
        arg_min(occurred_at, scanned_at) FILTER (WHERE status NOT IN ('label_created', 'unknown', 'cancelled')) AS moved
    FROM scans
    GROUP BY file_row
),
judged AS (
    SELECT trackers.*, progress.* EXCLUDE (file_row), {_status("item")} AS said
    FROM trackers LEFT JOIN progress USING (file_row)
),
named AS (
    SELECT *, CASE WHEN said = 'delivered' AND is_returning THEN 'return_to_sender'
        WHEN said = 'unknown' THEN coalesce(newest, said)
        WHEN said = 'exception' AND newest = 'attempt_failed' THEN newest -- the sentence stands at the scan
        ELSE said END AS status
    FROM judged
)
SELECT
    file_row,
    item ->> '$.id' AS shipment_id,
    coalesce({_field("reference")}, 'unknown') AS order_id,
    {_field("tracking_code")} AS tracking_no,
    {_field("carrier")} AS carrier,
    {_field(f"{_DETAIL}.service")} AS service,
    moved AS shipped_at,
    coalesce({_field(f"{_DETAIL}.origin_{_PLACE}.city")}, {_field(f"{_DETAIL}.origin_{_PLACE}.country")}) AS origin,
    coalesce({_field(f"{_DETAIL}.destination_{_PLACE}.state")}, {_field(f"{_DETAIL}.destination_{_PLACE}.country")})
        AS dest_region,
    CAST(coalesce(TRY_CAST(left({_field(f"{_DETAIL}.est_delivery_date_local")}, 10) AS DATE),
        TRY_CAST(left({_field("est_delivery_date")}, 10) AS DATE)) AS VARCHAR) AS eta_latest_on,
    status,
    CASE WHEN status = 'delivered' THEN delivered END AS delivered_at,
    item ->> '$.created_at' AS received_at,
    item ->> '$.updated_at' AS _updated_at
FROM named
"""
# A scan has no id, and some come twice. Its message may hold names, so it is not kept.
_SCANS = """
SELECT
    file_row,
    md5(concat_ws('|', tracker, scan ->> '$.datetime', scan ->> '$.status', scan ->> '$.status_detail',
        scan ->> '$.message')) AS event_id,
    tracker AS shipment_id,
    status,
    scan ->> '$.carrier_code' AS raw_status,
    scan ->> '$.status_detail' AS substatus,
    occurred_at,
    nullif(place, '') AS location,
    'easypost' AS source,
    updated_at AS _updated_at
FROM scans
QUALIFY row_number() OVER (PARTITION BY file_row, event_id ORDER BY ordinal) = 1
"""
_LANDINGS = (
    Landing(
        table="shipments",
        select=_TRACKERS,
        carried_at=True,
        origins={"shipment_id": "id", "order_id": "reference", "received_at": "created_at"},
    ),
    Landing(
        table="tracking_events",
        select=_SCANS,
        parent=("shipment_id", "shipments"),
        origins={"occurred_at": "tracking_details.datetime", "shipment_id": "id"},
    ),
)

SYSTEM = System(
    name="easypost",
    role="tracker",
    workflow="parcels: every message waits for a trusted delivery",
    lag_hours=3,  # as with other trackers, which ask carriers every 3 to 12 hours (T3)
    shapes=(
        Shape(
            name="trackers",
            format="json",
            required=("tracking_code", "tracking_details", "status"),
            lists=("$.trackers", "$.shipments"),
            landings=_LANDINGS,
            prepare=_take_apart,
        ),
        # https://docs.easypost.com/docs/shipments
        Shape(
            name="shipments",
            format="json",
            required=("tracking_code", "tracker", "reference", "to_address"),
            landings=_LANDINGS,
            prepare=_take_apart_shipments,
        ),
        # https://docs.easypost.com/docs/events
        Shape(
            name="events",
            format="json",
            required=("description", "result", "object"),
            lists=("$.events",),
            landings=_LANDINGS,
            prepare=_take_apart_events,
        ),
    ),
    carries={
        "shipments": (
            *("shipment_id", "tracking_no", "carrier", "service", "shipped_at", "origin", "dest_region"),
            *("eta_latest_on", "status", "delivered_at", "received_at"),
        ),
        "tracking_events": (
            *("event_id", "shipment_id", "status", "raw_status", "substatus", "occurred_at", "location"),
        ),
    },
)
