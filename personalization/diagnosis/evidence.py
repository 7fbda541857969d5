"""Reads what a diagnosis is made from; the counting itself is in ``warehouse/sql/diagnosis``."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from personalization.diagnosis.leaks import Amount, amounts
from personalization.settings import Diagnosis
from personalization.warehouse import Warehouse

_FACTS = ("order_facts", "ticket_facts", "refund_facts", "failures")  # each may use those before it
_LEAKS = ("tracking", "returns", "claims", "support", "trust")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is counted, in the window before the cutoff.

    present names the tables that the data folder has. window_days is the window's real length, shorter where the shop
    is younger. amounts maps a problem to its components; return_rows keeps those of returns by product type.
    """

    run_date: date
    window_days: int
    present: frozenset[str]
    base: tuple[Mapping[str, Any], ...]
    amounts: Mapping[str, Mapping[str, Amount]]
    return_rows: tuple[Mapping[str, Any], ...]
    retention: tuple[Mapping[str, Any], ...]
    friction: Mapping[str, tuple[int, int]]
    failures: tuple[Mapping[str, Any], ...]
    shares: Mapping[str, tuple[int, int]]
    times: Mapping[str, Mapping[str, Any]]
    trend: tuple[Mapping[str, Any], ...]
    after_mail: tuple[Mapping[str, Any], ...]
    carriers: tuple[Mapping[str, Any], ...]
    joins: Mapping[str, tuple[int, int]]
    policies: tuple[Mapping[str, Any], ...]
    touchpoints: tuple[Mapping[str, Any], ...]
    load_by_day: tuple[Mapping[str, Any], ...]
    load_by_age: tuple[Mapping[str, Any], ...]
    kpis: tuple[Mapping[str, Any], ...]
    lanes: tuple[Mapping[str, Any], ...]

    @property
    def orders(self) -> int:
        """Return how many orders the window has."""
        return sum(int(row["orders"]) for row in self.base)

    @property
    def value_cents(self) -> float:
        """Return what the window's orders were worth."""
        return float(sum(row["value_cents"] for row in self.base))

    @property
    def average_cents(self) -> float:
        """Return what one order is worth."""
        return self.value_cents / self.orders if self.orders else 0.0

    @property
    def average_margin_cents(self) -> float:
        """Return what one order leaves."""
        return float(sum(row["margin_cents"] for row in self.base)) / self.orders if self.orders else 0.0

    @property
    def known_margin_share(self) -> float:
        """Return for how many of the orders the margin is known rather than assumed."""
        return sum(int(row["known_margins"]) for row in self.base) / self.orders if self.orders else 0.0

    @property
    def per_30_days(self) -> float:
        """Return the factor from the window to 30 days."""
        return 30 / self.window_days


def read_evidence(
    warehouse: Warehouse, *, run_date: date, cutoff: datetime, present: frozenset[str], assumed: Diagnosis
) -> Evidence:
    """Return what the canonical tables and the journey in the warehouse show at *cutoff* (naive UTC).

    Builds the tables order_facts, ticket_facts, refund_facts and failures in the warehouse.
    """
    policies = tuple(_in_force(_rows_of(warehouse, "policies", "policy_id, version"), run_date))
    windows = [int(row["window_days"]) for row in policies if row["window_days"]]
    parameters = {
        "cutoff": cutoff,
        "cutoff_epoch": int(cutoff.replace(tzinfo=UTC).timestamp()),
        "window_days": assumed.window_days,
        "margin_share": assumed.margin_share[1],
        "return_window_days": max(windows, default=30),  # our choice where no policy says: the usual 30 days
    }
    for name in _FACTS:
        warehouse.build(f"diagnosis/{name}", **parameters)

    def read(name: str) -> tuple[Mapping[str, Any], ...]:
        return tuple(warehouse.read(f"diagnosis/{name}", **parameters).to_pylist())

    leaks = {name: read(f"leak_{name}") for name in _LEAKS}
    return Evidence(
        run_date=run_date,
        window_days=_real_days(warehouse, cutoff, assumed.window_days),
        present=present,
        base=read("base"),
        amounts={name: amounts(rows) for name, rows in leaks.items()},
        return_rows=leaks["returns"],
        retention=read("leak_retention"),
        friction={row["problem"]: (row["customers"], row["touches"]) for row in read("friction")},
        failures=read("stage_failures"),
        shares={row["figure"]: (row["numerator"] or 0, row["denominator"] or 0) for row in read("stage_shares")},
        times={row["figure"]: row for row in read("stage_times")},
        trend=read("trend"),
        after_mail=read("after_mail"),
        carriers=read("carriers"),
        joins={row["link"]: (row["matched"], row["total"]) for row in read("joins")},
        policies=policies,
        touchpoints=_rows_of(warehouse, "touchpoints", "touchpoint, state"),
        load_by_day=read("load_by_day"),
        load_by_age=read("load_by_age"),
        kpis=read("kpis"),
        lanes=tuple(warehouse.table("arrivals", order_by="lane").to_pylist()),
    )


def _rows_of(warehouse: Warehouse, name: str, key: str) -> tuple[dict[str, Any], ...]:
    """Return a table that people write by hand: a few dozen rows, whose optional columns may be absent."""
    rows: list[dict[str, Any]] = warehouse.table(name, order_by=key).to_pylist()
    optional = {
        "policies": ("valid_to_on", "window_days", "is_exchange_first", "refund_sla_days", "exclusions", "owner"),
        "touchpoints": ("promise", "days", "link", "owner", "last_reviewed_on"),
    }
    return tuple({**dict.fromkeys(optional[name]), **row} for row in rows)


def _in_force(policies: tuple[dict[str, Any], ...], run_date: date) -> list[dict[str, Any]]:
    return [
        row
        for row in policies
        if row["valid_from_on"] <= run_date and (row["valid_to_on"] is None or row["valid_to_on"] >= run_date)
    ]


def _real_days(warehouse: Warehouse, cutoff: datetime, window_days: int) -> int:
    [(first,)] = warehouse.connection.execute("SELECT min(placed_at) FROM order_facts").fetchall()
    return window_days if first is None else max(1, min(window_days, (cutoff - first).days))
