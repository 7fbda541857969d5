"""AfterShip: trackings as its API and its webhooks give them, each with all its checkpoints.

A tracking of the way back (``shipment_direction`` "return") is no parcel to the customer and lands nowhere; the email
addresses in a tracking are not kept, since a parcel finds its order by its number.

Times. AfterShip's own (created_at, updated_at) are GMT. A carrier's time has the zone of the place, with its offset or
without (https://www.aftership.com/docs/tracking/2025-01/model/checkpoint). With the offset it is exact. Without it is
read as UTC, which is wrong by hours, but is never later than AfterShip knew of it; a day without a time counts as its
end, so that it does not come before the same day's scans.
"""

import duckdb
from babel.core import get_global

from personalization.sources.importing.adapter import Landing, Shape, System
from personalization.sources.importing.expressions import json_fields, quoted, word

# https://www.aftership.com/docs/tracking/2025-01/enum/delivery-statuses
_TAGS = {
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
# Those that say more than their tag: https://www.aftership.com/docs/tracking/2026-07/enum/delivery-sub-statuses
# Refused (_003), lost (_013) and the others stay exceptions, and the sub-status says which.
_SUBTAGS = {
    "exception_004": "delayed",  # customs
    "exception_005": "delayed",  # external factors
    "exception_016": "delayed",  # processing
    "exception_017": "delayed",  # weather
    "exception_019": "delayed",  # late flight
    "exception_010": "return_to_sender",  # on the way back
    "exception_011": "return_to_sender",  # back
    "exception_020": "cancelled",
}
_UNDER_WAY = "('label_created', 'in_transit', 'out_for_delivery', 'attempt_failed', 'ready_for_pickup', 'delayed')"
# ISO 3166 codes of three letters, as AfterShip writes countries, where they are one of two letters.
_COUNTRIES = {
    code.lower(): found[0]
    for code, found in get_global("territory_aliases").items()
    if len(code) == 3 and code.isalpha() and len(found) == 1
}
# What is read of a tracking and of a checkpoint; https://www.aftership.com/docs/tracking/2025-01/model/tracking
_ESTIMATES = tuple(
    f"{whose}_estimated_delivery_date.{'datetime' if whose == 'custom' else 'estimated_delivery_date'}{edge}"
    for whose in ("courier", "custom", "aftership")
    for edge in ("", "_min", "_max")
)
_TRACKING_FIELDS = (
    *("id", "tag", "subtag", "active", "return_to_sender", "shipment_direction", "created_at", "updated_at"),
    *("order_id", "order_number", "custom_fields.order_number", "title", "tracking_number", "slug"),
    *("shipment_type", "shipping_method", "shipment_pickup_date", "shipment_delivery_date"),
    *("origin_city", "origin_state", "origin_country_iso3", "origin_country_region"),
    *("destination_state", "destination_country_iso3", "destination_country_region"),
    *(f"latest_estimated_delivery.datetime{edge}" for edge in ("", "_min", "_max")),
    *_ESTIMATES,
    "expected_delivery",
    *("order_promised_delivery_date.promised_delivery_date_max", "order_promised_delivery_date.promised_delivery_date"),
    "order_promised_delivery_date",
)
_CHECKPOINT_FIELDS = (
    *("checkpoint_time", "created_at", "tag", "subtag", "raw_tag", "message"),
    *("city", "state", "country_region", "country_iso3", "location"),
)
_IS_FORWARD = "lower(coalesce(item ->> '$.shipment_direction', 'forward')) <> 'return'"


def _status(tag: str, subtag: str) -> str:
    """Return the SQL of the canonical word: the sub-status's where it says more, else the tag's."""
    listed = ", ".join(map(quoted, _SUBTAGS))
    tagged = word(f"coalesce({tag}, split_part({subtag}, '_', 1))", _TAGS)
    return f"CASE WHEN lower({subtag}) IN ({listed}) THEN {word(subtag, _SUBTAGS)} ELSE {tagged} END"


def _has_offset(time: str) -> str:
    return f"regexp_matches({time}, '[T ][0-9:.]+ ?(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$')"


def _country(old: str, new: str) -> str:
    """Return the SQL of a country in two letters; its name differs between the API's versions."""
    return word(f'coalesce("{new}", "{old}")', _COUNTRIES)


def _field(name: str) -> str:
    return f"nullif(trim(\"{name}\"), '')"


_CHECKPOINTS_SQL = f"""
CREATE OR REPLACE TEMP TABLE checkpoints AS
WITH listed AS (
    SELECT file_row, item ->> '$.id' AS tracking, item ->> '$.updated_at' AS updated_at,
        unnest(list) AS place, generate_subscripts(list, 1) AS ordinal
    -- What is no list is one checkpoint without a time, so that the row is quarantined and not lost in silence.
    FROM (SELECT *, CASE WHEN json_type(item, '$.checkpoints') NOT IN ('ARRAY', 'NULL') THEN [CAST('{{}}' AS JSON)]
        ELSE item -> '$.checkpoints[*]' END AS list FROM forward)
),
read AS ({json_fields(_CHECKPOINT_FIELDS, of="listed", document="place", keep=("tracking", "updated_at", "ordinal"))}),
told AS (
    SELECT *,
        {_status("tag", "subtag")} AS said,
        {_field("checkpoint_time")} AS stated,
        CAST(TRY_CAST(created_at AS TIMESTAMPTZ) AS TIMESTAMP) AS known_at
    FROM read
),
timed AS (
    SELECT * EXCLUDE (stated),
        CASE WHEN stated IS NULL THEN created_at
            WHEN {_has_offset("stated")} OR TRY_CAST(stated AS TIMESTAMP) IS NULL THEN stated
            WHEN length(stated) = 10
                THEN CAST(least(TRY_CAST(stated AS TIMESTAMP) + INTERVAL 86399 SECOND, known_at) AS VARCHAR)
            ELSE CAST(least(TRY_CAST(stated AS TIMESTAMP), known_at) AS VARCHAR) END AS occurred_at
    FROM told
)
-- A parcel that was on its way back is delivered to its sender.
SELECT *,
    CASE WHEN said = 'delivered' AND bool_or(said = 'return_to_sender') OVER earlier THEN 'return_to_sender'
        ELSE said END AS status
FROM timed
WINDOW earlier AS (
    PARTITION BY file_row ORDER BY TRY_CAST(occurred_at AS TIMESTAMPTZ), ordinal ROWS UNBOUNDED PRECEDING
)
"""


_TRACKINGS_SQL = f"CREATE OR REPLACE TEMP TABLE trackings AS {json_fields(_TRACKING_FIELDS, of='forward')}"


def _take_apart(connection: duckdb.DuckDBPyConnection, *, item: str = "item") -> None:
    """Build ``trackings`` and ``checkpoints`` out of ``raw``; *item* finds a tracking in its JSON."""
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW forward AS SELECT * FROM"
        f" (SELECT file_row, {item} AS item FROM raw) WHERE {_IS_FORWARD}"
    )
    connection.execute(_CHECKPOINTS_SQL)
    connection.execute(_TRACKINGS_SQL)


def _unwrap(connection: duckdb.DuckDBPyConnection) -> None:
    """Take the trackings out of webhooks' messages."""
    _take_apart(connection, item="item -> '$.msg'")


def _estimate(edge: str) -> str:
    """Return the SQL of the first (min) or last (max) day of the newest estimate of delivery.

    AfterShip's own choice counts first, then the carrier's, the shop's and AfterShip's; the last is of the old API.
    """
    days = [f"latest_estimated_delivery.datetime_{edge}", "latest_estimated_delivery.datetime"]
    for whose in ("courier", "custom", "aftership"):
        base = f"{whose}_estimated_delivery_date"
        day = "datetime" if whose == "custom" else "estimated_delivery_date"
        days += [f"{base}.{day}_{edge}", f"{base}.{day}"]
    return _day(*days, "expected_delivery")


def _day(*names: str) -> str:
    """Return the SQL of the first field that has a day, as it is where the parcel arrives."""
    found = ", ".join(f'TRY_CAST(left("{name}", 10) AS DATE)' for name in names)
    return f"CAST(coalesce({found}) AS VARCHAR)"


def _moment(stated: str, scanned: str) -> str:
    """Return the SQL of a time of the tracking: as stated with its offset, else the checkpoint's, else as stated."""
    return f"CASE WHEN {_has_offset(stated)} THEN {stated} ELSE coalesce({scanned}, {stated}) END"


_TRACKINGS = f"""
WITH progress AS (
    SELECT
        file_row,
        arg_max(status, (TRY_CAST(occurred_at AS TIMESTAMPTZ), ordinal)) AS newest,
        arg_min(occurred_at, TRY_CAST(occurred_at AS TIMESTAMPTZ)) FILTER (WHERE status = 'delivered') AS delivered,
        arg_min(occurred_at, TRY_CAST(occurred_at AS TIMESTAMPTZ))
            FILTER (WHERE status NOT IN ('label_created', 'unknown', 'cancelled')) AS moved
    FROM checkpoints
    GROUP BY file_row
),
judged AS (
    SELECT trackings.*, progress.* EXCLUDE (file_row),
        {_status("tag", "subtag")} AS said,
        coalesce({_field("order_number")}, {_field("custom_fields.order_number")},
            CASE WHEN {_field("title")} LIKE '#%' THEN {_field("title")} END) AS named
    FROM trackings LEFT JOIN progress USING (file_row)
),
-- AfterShip stops following a parcel that is silent for 30 days (active: false), whatever its last tag was; a tracking
-- that waits to be followed (Pending) may have checkpoints from before.
named AS (
    SELECT *, CASE WHEN return_to_sender = 'true' THEN 'return_to_sender'
        WHEN said = 'unknown' THEN coalesce(newest, said)
        WHEN active = 'false' AND said IN {_UNDER_WAY} THEN 'expired'
        ELSE said END AS status
    FROM judged
)
SELECT
    file_row,
    id AS shipment_id,
    coalesce({_field("order_id")}, named, 'unknown') AS order_id,
    named AS _order,
    {_field("tracking_number")} AS tracking_no,
    {_field("slug")} AS carrier,
    coalesce({_field("shipment_type")}, {_field("shipping_method")}) AS service,
    {_moment(_field("shipment_pickup_date"), "moved")} AS shipped_at,
    coalesce({_field("origin_city")}, {_field("origin_state")}, {
    _country("origin_country_iso3", "origin_country_region")
})
        AS origin,
    coalesce({_field("destination_state")}, {_country("destination_country_iso3", "destination_country_region")})
        AS dest_region,
    {_estimate("min")} AS eta_first_on,
    {_estimate("max")} AS eta_latest_on,
    {
    _day(
        "order_promised_delivery_date.promised_delivery_date_max",
        "order_promised_delivery_date.promised_delivery_date",
        "order_promised_delivery_date",
    )
} AS promised_by_on,
    status,
    CASE WHEN status = 'delivered'
        THEN {_moment(_field("shipment_delivery_date"), "delivered")} END AS delivered_at,
    created_at AS received_at,
    updated_at AS _updated_at
FROM named
"""
# A checkpoint has no id, and some come twice: the first counts. Its message may hold names, so it is not kept.
_CHECKPOINTS = """
SELECT
    file_row,
    md5(concat_ws('|', tracking, checkpoint_time, tag, subtag, message))
        AS event_id,
    tracking AS shipment_id,
    status,
    raw_tag AS raw_status,
    subtag AS substatus,
    occurred_at,
    coalesce(created_at, occurred_at) AS received_at,
    coalesce(nullif(concat_ws(', ', city, state, coalesce(country_region, country_iso3)), ''), location) AS location,
    'aftership' AS source,
    updated_at AS _updated_at
FROM checkpoints
QUALIFY row_number() OVER (PARTITION BY file_row, event_id ORDER BY known_at, ordinal) = 1
"""
_LANDINGS = (
    Landing(
        table="shipments",
        select=_TRACKINGS,
        carried_at=True,
        origins={
            "shipment_id": "id",
            "shipped_at": "shipment_pickup_date",
            "delivered_at": "shipment_delivery_date",
            "received_at": "created_at",
        },
    ),
    Landing(
        table="tracking_events",
        select=_CHECKPOINTS,
        parent=("shipment_id", "shipments"),
        carried_at=True,
        origins={
            "status": "checkpoints.tag",
            "occurred_at": "checkpoints.checkpoint_time",
            "received_at": "checkpoints.created_at",
        },
    ),
)

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
            landings=_LANDINGS,
            prepare=_take_apart,
        ),
        # https://www.aftership.com/docs/tracking/2025-01/webhook/webhook-overview
        Shape(name="webhooks", format="json", required=("event", "msg"), landings=_LANDINGS, prepare=_unwrap),
    ),
    carries={
        "shipments": (
            *("shipment_id", "order_id", "tracking_no", "carrier", "service", "shipped_at", "origin", "dest_region"),
            *("eta_first_on", "eta_latest_on", "promised_by_on", "status", "delivered_at", "received_at"),
        ),
        "tracking_events": (
            *("event_id", "shipment_id", "status", "raw_status", "substatus", "occurred_at", "received_at", "location"),
        ),
    },
)
