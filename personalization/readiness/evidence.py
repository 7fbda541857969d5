"""Reads what the checks are decided on from the warehouse: tonight and the nights before it, in one pass."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from personalization.journey import build_parcel_nights
from personalization.readiness.checks import CHECKS
from personalization.readiness.verdict import CLEAN_NIGHTS
from personalization.records import AsOf
from personalization.warehouse import Warehouse

IN_USE_DAYS = 30  # our choice: a carrier that took no parcel for a month is no longer looked at
_ORDERS_BACK_DAYS = 150  # the oldest order of refund_share's baseline is 131 days old; some room for the nights before
_PARCELS_BACK_DAYS = IN_USE_DAYS + 7  # some room for the nights before
_BEFORE_ALL = datetime(1000, 1, 1)  # noqa: DTZ001 - instants are naive UTC
_RATES = ("on_time_share", "refund_share", "tracking_coverage", "wismo_per_100_orders")


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedAtNight:
    """A night to judge: its date, the instant before which things count (naive UTC) and the shop's offset from UTC."""

    index: int
    night_on: date
    cutoff: datetime
    utc_offset: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How often something happened among orders or parcels of one set of carriers; the baseline where there is one."""

    carriers: frozenset[str]
    numerator: int
    denominator: int
    baseline_numerator: int = 0
    baseline_denominator: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A source or carrier: when its newest row was learned, None for never; its recent rows, or its parcels under way.

    parcels counts all parcels that a carrier took lately, which is what it weighs in the shop.
    """

    name: str
    newest_at: datetime | None
    rows: int
    parcels: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NightEvidence:
    """All that one night is judged on."""

    night: LookedAtNight
    counts: Mapping[str, tuple[Count, ...]]
    sources: tuple[Feed, ...]
    carriers: tuple[Feed, ...]
    present: frozenset[str]


def looked_at_nights(*, run_date: date, cutoff: datetime, timezone: str) -> tuple[LookedAtNight, ...]:
    """Return tonight, which ends at *cutoff*, and the nights before it that hysteresis needs, the newest first."""
    nights: list[LookedAtNight] = []
    for back in range(CLEAN_NIGHTS):
        as_of = AsOf(run_date=run_date - timedelta(days=back), timezone=timezone)
        end = cutoff
        if nights:  # a cutoff before the run date's own end pushes the nights before it back
            later = nights[-1].cutoff
            end = as_of.cutoff if as_of.cutoff < later else later - timedelta(days=1)
        utc_offset = datetime.combine(as_of.run_date + timedelta(days=1), time()) - as_of.cutoff
        nights.append(LookedAtNight(index=back, night_on=as_of.run_date, cutoff=end, utc_offset=utc_offset))
    return tuple(nights)


def read_evidence(
    warehouse: Warehouse, *, nights: tuple[LookedAtNight, ...], present: frozenset[str]
) -> tuple[NightEvidence, ...]:
    """Return what each of the nights is judged on.

    Replaces the tables nights, parcel_nights and order_carriers of the warehouse.
    """
    oldest = nights[-1].night_on
    build_parcel_nights(warehouse, nights=_arrow(nights), since_on=oldest - timedelta(days=_PARCELS_BACK_DAYS))
    orders_since_on = oldest - timedelta(days=_ORDERS_BACK_DAYS)
    warehouse.build("readiness/order_carriers", since_on=orders_since_on)
    rates = {name: _rows(warehouse, name, since_on=orders_since_on) for name in _RATES}
    sources = _rows(warehouse, "feed_sources")
    carriers = _rows(warehouse, "feed_carriers")
    return tuple(
        NightEvidence(
            night=night,
            counts={
                name: tuple(_count(row) for row in rows if row["night"] == night.index) for name, rows in rates.items()
            },
            sources=tuple(
                Feed(name=row["source"], newest_at=row["newest_at"], rows=row["recent_rows"])
                for row in sources
                if row["night"] == night.index
            ),
            carriers=tuple(
                Feed(name=row["carrier"], newest_at=row["newest_at"], rows=row["open_parcels"], parcels=row["parcels"])
                for row in carriers
                if row["night"] == night.index
            ),
            present=present,
        )
        for night in nights
    )


def _rows(warehouse: Warehouse, name: str, **parameters: Any) -> list[dict[str, Any]]:
    window_days = CHECKS[name].window_days if name in CHECKS else 0
    table = warehouse.read(f"readiness/{name}", window_days=window_days, in_use_days=IN_USE_DAYS, **parameters)
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _count(row: Mapping[str, Any]) -> Count:
    return Count(
        carriers=frozenset(row["carriers"].split(",")) - {""},
        numerator=row["numerator"],
        denominator=row["denominator"],
        baseline_numerator=row.get("baseline_numerator", 0),
        baseline_denominator=row.get("baseline_denominator", 0),
    )


def _arrow(nights: tuple[LookedAtNight, ...]) -> pa.Table:
    cutoffs = [night.cutoff for night in nights]
    instant = pa.timestamp("us")
    return pa.table(
        {
            "night": pa.array([night.index for night in nights], type=pa.int32()),
            "night_on": pa.array([night.night_on for night in nights], type=pa.date32()),
            "cutoff": pa.array(cutoffs, type=instant),
            "opened_at": pa.array([*cutoffs[1:], _BEFORE_ALL], type=instant),
            "cutoff_epoch": pa.array(
                [int(cutoff.replace(tzinfo=UTC).timestamp()) for cutoff in cutoffs], type=pa.int64()
            ),
            "utc_offset_seconds": pa.array(
                [int(night.utc_offset.total_seconds()) for night in nights], type=pa.int64()
            ),
        }
    )
