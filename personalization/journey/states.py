"""Builds the tables of the journey; the work itself is in ``warehouse/sql/journey``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

from personalization.journey.clock import clock_offsets
from personalization.journey.next_steps import exception_states, state_steps
from personalization.warehouse import Warehouse

STAGES = (  # R1, in the order in which an order usually passes them
    "confirmation",
    "fulfilment",
    "in_transit",
    "delivered",
    "onboarding",
    "issue_resolution",
    "return_exchange",
    "reorder_reactivation",
)
ONBOARDING_FROM_DAYS = 2  # our choice: unpack first, then hear how to use it
REORDER_FROM_DAYS = 30  # our choice: a month after delivery the order itself is settled
LOST_DAYS = 30  # T3: no scan for 30 days is 'expired'
SHIP_WITHIN_DAYS = 30  # T10: where no day was promised
SETTLED_DAYS = 90  # our choice: an order or a parcel without news for so long is no longer on its way
HISTORY_DAYS = 60  # R30: a lane is known by its parcels of 60 days …
MINIMUM_PARCELS = 50  # … where there are at least 50 (our choice)
_ALWAYS = date(1000, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyFile:
    """A table of the journey, where in the run folder it is written, and the column that orders it."""

    table: str
    path: str
    key: str


JOURNEY_FILES = (
    JourneyFile(table="parcel_state", path="journey/parcels.parquet", key="shipment_id"),
    JourneyFile(table="line_state", path="journey/lines.parquet", key="order_line_id"),
    JourneyFile(table="order_state", path="journey/orders.parquet", key="order_id"),
    JourneyFile(table="arrivals", path="journey/arrivals.parquet", key="lane"),
    JourneyFile(table="open_exceptions", path="journey/exceptions.parquet", key="order_id, exception, subject_id"),
    JourneyFile(table="next_steps", path="journey/next_steps.parquet", key="order_id"),
)


def build_journey(warehouse: Warehouse, *, cutoff: datetime, timezone: str = "UTC") -> None:
    """Build parcel_state, line_state, order_state, arrivals, open_exceptions and next_steps from the canonical tables.

    Only what was learned before *cutoff*, a naive UTC instant, counts. Every table is there, empty where the shop has
    no such data. *timezone* is the shop's; placed_on and delivered_on are days on its clock.
    """
    warehouse.load_arrow("clock_offsets", clock_offsets(timezone, cutoff=cutoff))
    build_parcel_nights(warehouse, nights=nights_table([cutoff]), since_on=_ALWAYS)
    warehouse.build("journey/merged_customers")
    warehouse.build("journey/parcel_state")
    warehouse.build("journey/line_state", cutoff=cutoff)
    cutoff_epoch = int(cutoff.replace(tzinfo=UTC).timestamp())
    warehouse.build(
        "journey/order_state",
        cutoff=cutoff,
        cutoff_epoch=cutoff_epoch,
        onboarding_from_days=ONBOARDING_FROM_DAYS,
        reorder_from_days=REORDER_FROM_DAYS,
        lost_days=LOST_DAYS,
        settled_days=SETTLED_DAYS,
    )
    warehouse.build("journey/arrivals", cutoff_epoch=cutoff_epoch, history_days=HISTORY_DAYS)
    today_on = (cutoff - timedelta(microseconds=1)).replace(tzinfo=UTC).astimezone(ZoneInfo(timezone)).date()
    warehouse.build(
        "journey/open_exceptions",
        cutoff=cutoff,
        cutoff_epoch=cutoff_epoch,
        today_on=today_on,
        ship_within_days=SHIP_WITHIN_DAYS,
        settled_days=SETTLED_DAYS,
    )
    warehouse.load_arrow("exception_states", exception_states())
    warehouse.load_arrow("state_steps", state_steps())
    warehouse.build("journey/next_steps", cutoff=cutoff, today_on=today_on, minimum_parcels=MINIMUM_PARCELS)


def nights_table(cutoffs: Sequence[datetime]) -> pa.Table:
    """Return the nights to look at, numbered from 0 in the order of *cutoffs* (naive UTC, the newest first)."""
    return pa.table(
        {
            "night": pa.array(range(len(cutoffs)), type=pa.int32()),
            "cutoff": pa.array(cutoffs, type=pa.timestamp("us")),
        }
    )


def build_parcel_nights(warehouse: Warehouse, *, nights: pa.Table, since_on: date) -> None:
    """Build the tables nights and parcel_nights: each parcel as it was known on each night, in one pass.

    Parcels shipped and promised before *since_on* are left out.
    """
    warehouse.load_arrow("nights", nights)
    warehouse.build("journey/home_country")
    warehouse.build("journey/parcel_nights", since_on=since_on)
