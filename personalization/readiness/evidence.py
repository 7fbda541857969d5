"""Reads what the checks are decided on from the warehouse: tonight and the nights before it, in one pass."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from personalization.journey import build_parcel_nights
from personalization.readiness.checks import CHECKS, Measure
from personalization.readiness.faults import Faults
from personalization.readiness.nights import LookedAtNight, nights_table
from personalization.readiness.rulebook import read_faults
from personalization.warehouse import Warehouse

IN_USE_DAYS = 30  # our choice: a carrier that took no parcel for a month is no longer looked at
_ORDERS_BACK_DAYS = 160  # the oldest order of return_rate's baseline is 147 days old; some room for the nights before
_PARCELS_BACK_DAYS = 58  # delivered_coverage looks back 51 days; some room for the nights before
_SHARED = ("order_scopes", "aged_orders", "message_outcomes")  # what several checks count from
_COUNTED = tuple(name for name, check in CHECKS.items() if check.measure in (Measure.RATE, Measure.QUANTILE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What was counted of the things that share the same scopes, such as ``carrier:dpd`` and ``region:GB-SCT``.

    Of a rate: how many of how many, and the baseline where there is one. Of a quantile: how many observations
    (denominator) have this amount. ids names a few of those that went wrong.
    """

    scopes: frozenset[str]
    numerator: int = 0
    denominator: int
    baseline_numerator: int = 0
    baseline_denominator: int = 0
    amount: float = 0.0
    ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A source or carrier: when its newest row was learned, None for never; recent rows, or parcels under way."""

    name: str
    newest_at: datetime | None
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NightEvidence:
    """All that one night is judged on."""

    night: LookedAtNight
    counts: Mapping[str, tuple[Count, ...]]
    sources: tuple[Feed, ...]
    carriers: tuple[Feed, ...]
    present: frozenset[str]
    faults: Mapping[str, Faults] = field(default_factory=dict)


def read_evidence(
    warehouse: Warehouse,
    *,
    nights: tuple[LookedAtNight, ...],
    present: frozenset[str],
    next_steps: Mapping[str, str] | None = None,
) -> tuple[NightEvidence, ...]:
    """Return what each of the nights is judged on; *next_steps* maps a state to the shop's own words for it.

    Replaces the tables nights, parcel_nights, order_scopes, aged_orders and message_outcomes of the warehouse.
    """
    oldest = nights[-1].night_on
    build_parcel_nights(warehouse, nights=nights_table(nights), since_on=oldest - timedelta(days=_PARCELS_BACK_DAYS))
    orders_since_on = oldest - timedelta(days=_ORDERS_BACK_DAYS)
    for name in _SHARED:
        warehouse.build(f"readiness/{name}", since_on=orders_since_on)
    counted = {name: _rows(warehouse, name, since_on=orders_since_on) for name in _COUNTED}
    sources = _rows(warehouse, "feed_sources")
    carriers = _rows(warehouse, "feed_carriers")
    return tuple(
        NightEvidence(
            night=night,
            counts={
                name: tuple(_count(row) for row in rows if row["night"] == night.index)
                for name, rows in counted.items()
            },
            sources=tuple(
                Feed(name=row["source"], newest_at=row["newest_at"], rows=row["recent_rows"])
                for row in sources
                if row["night"] == night.index
            ),
            carriers=tuple(
                Feed(name=row["carrier"], newest_at=row["newest_at"], rows=row["open_parcels"])
                for row in carriers
                if row["night"] == night.index
            ),
            present=present,
            faults=faults,
        )
        for night, faults in zip(
            nights, read_faults(warehouse, nights=nights, next_steps=next_steps or {}), strict=True
        )
    )


def _rows(warehouse: Warehouse, name: str, **parameters: Any) -> list[dict[str, Any]]:
    window_days = CHECKS[name].window_days if name in CHECKS else 0
    table = warehouse.read(f"readiness/{name}", window_days=window_days, in_use_days=IN_USE_DAYS, **parameters)
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _count(row: Mapping[str, Any]) -> Count:
    return Count(
        scopes=frozenset(_scopes(row)),
        numerator=row.get("numerator", 0),
        denominator=row["denominator"],
        baseline_numerator=row.get("baseline_numerator", 0),
        baseline_denominator=row.get("baseline_denominator", 0),
        amount=row.get("amount", 0.0),
        ids=tuple(sorted({row[key] for key in ("first_id", "last_id") if row.get(key) is not None})),
    )


def _scopes(row: Mapping[str, Any]) -> Iterator[str]:
    for column, kind in (("carriers", "carrier"), ("regions", "region"), ("category", "category")):
        for name in (row.get(column) or "").split(","):
            # Where nobody knows the region there is none that could be held; parcels without a carrier are one's own
            # carelessness, and held as such.
            if name and (kind == "carrier" or name != "unknown"):
                yield f"{kind}:{name}"
