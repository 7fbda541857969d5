"""The key figures of each category (R37): what each means, over which time, when it can be read, and what it is. Pure.

None of them says what a program brought: only a holdout can (R38).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from personalization.diagnosis.intervals import count_interval, share

FEWEST = 30  # T11
_Z = 1.959963984540054  # 95 %, two-sided


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A key figure: its category, what it means, how it is counted, and the days after which it can be read.

    unit is share, per 100 orders, days, minutes, points or money (in cents). needs names the tables it comes from.
    """

    name: str
    category: str
    meaning: str
    unit: str
    lag_days: int
    needs: tuple[str, ...]


KPIS = (
    Kpi(
        name="wismo_contacts",
        category="tracking",
        meaning="tickets of 90 days that ask where an order is, per 100 orders of these days",
        unit="per 100 orders",
        lag_days=0,
        needs=("tickets",),
    ),
    Kpi(
        name="delivery_tickets",
        category="tracking",
        meaning="tickets of 90 days about delivery, damage or address, per 100 orders of these days",
        unit="per 100 orders",
        lag_days=0,
        needs=("tickets",),
    ),
    Kpi(
        name="delivery_csat",
        category="tracking",
        meaning="satisfaction of those who asked where an order is, as the help desk counts it, in 90 days",
        unit="points",
        lag_days=0,
        needs=("tickets",),
    ),
    Kpi(
        name="return_rate",
        category="returns",
        meaning="orders of 90 days that were asked to be sent back within 45 days",
        unit="share",
        lag_days=45,
        needs=("returns",),
    ),
    Kpi(
        name="exchange_rate",
        category="returns",
        meaning="returns closed in 90 days that were exchanged",
        unit="share",
        lag_days=0,
        needs=("returns",),
    ),
    Kpi(
        name="refund_share",
        category="returns",
        meaning="returns closed in 90 days that were paid back",
        unit="share",
        lag_days=0,
        needs=("returns",),
    ),
    Kpi(
        name="retained_revenue",
        category="returns",
        meaning="of the value of returns closed in 90 days, what stayed as goods or credit",
        unit="share",
        lag_days=0,
        needs=("returns", "return_lines"),
    ),
    Kpi(
        name="claim_days",
        category="claims",
        meaning="days from opening a claim to settling it, of those opened in 90 days and settled",
        unit="days",
        lag_days=14,
        needs=("claims",),
    ),
    Kpi(
        name="claim_overturned",
        category="claims",
        meaning="claims opened in 90 days that were opened again",
        unit="share",
        lag_days=14,
        needs=("claims",),
    ),
    Kpi(
        name="cost_per_claim",
        category="claims",
        meaning="what a claim opened in 90 days paid out",
        unit="money",
        lag_days=14,
        needs=("claims",),
    ),
    Kpi(
        name="ticket_volume",
        category="support",
        meaning="tickets of 90 days per 100 orders of these days",
        unit="per 100 orders",
        lag_days=0,
        needs=("tickets",),
    ),
    Kpi(
        name="handle_minutes",
        category="support",
        meaning="minutes of work on a ticket of 90 days, where the help desk knows them",
        unit="minutes",
        lag_days=0,
        needs=("tickets",),
    ),
    Kpi(
        name="support_csat",
        category="support",
        meaning="satisfaction of those who wrote, as the help desk counts it, in 90 days",
        unit="points",
        lag_days=0,
        needs=("tickets",),
    ),
    Kpi(
        name="repeat_rate",
        category="retention",
        meaning="customers whose first order fell in 90 days and who ordered again within 90 days",
        unit="share",
        lag_days=90,
        needs=("orders",),
    ),
    Kpi(
        name="reactivation",
        category="retention",
        meaning="customers who had been silent for half a year and ordered in the 90 days since",
        unit="share",
        lag_days=0,
        needs=("orders",),
    ),
    Kpi(
        name="first_year_value",
        category="retention",
        meaning="what customers whose first order fell in 90 days spent within a year of it",
        unit="money",
        lag_days=365,
        needs=("orders",),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A key figure as it was found, with its 95 % interval; value is None where it cannot be read, and why says so."""

    kpi: Kpi
    observations: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    why: str = ""


def figures(rows: Sequence[Mapping[str, Any]], *, present: frozenset[str]) -> tuple[Figure, ...]:
    """Return every key figure, from the rows of kpis.sql; *present* names the tables that the data folder has."""
    found = {row["kpi"]: row for row in rows}
    return tuple(_figure(kpi, found.get(kpi.name), present) for kpi in KPIS)


def _figure(kpi: Kpi, row: Mapping[str, Any] | None, present: frozenset[str]) -> Figure:
    missing = sorted(set(kpi.needs) - present)
    if missing:
        return Figure(kpi=kpi, observations=0, why=f"The data folder has no {', '.join(missing)}.")
    observations = 0 if row is None else int(row["observations"])
    if row is None or observations < FEWEST:
        lag = f" that are {kpi.lag_days} days old or older" if kpi.lag_days else ""
        return Figure(
            kpi=kpi, observations=observations, why=f"There are {observations} observations{lag}; {FEWEST} are needed."
        )
    total = float(row["total"])
    if kpi.unit == "share":
        known = share(int(total + 0.5), observations)
        value, low, high = total / observations, known.low, known.high
    elif kpi.unit == "per 100 orders":
        value = 100 * total / observations
        low, high = (100 * bound / observations for bound in count_interval(total))
    else:
        value = total / observations
        variance = max(float(row["squares"]) / observations - value**2, 0.0)
        spread = _Z * math.sqrt(variance / observations)
        low, high = max(value - spread, 0.0), value + spread
    return Figure(kpi=kpi, observations=observations, value=value, low=low, high=high)


def told(figure: Figure, *, currency: str) -> str:
    """Return a figure as a manager reads it, with its interval; or why it cannot be read."""
    if figure.value is None or figure.low is None or figure.high is None:
        return figure.why
    value, low, high = (_number(bound, figure.kpi.unit, currency) for bound in (figure.value, figure.low, figure.high))
    return f"{value} ({low} to {high})"


def _number(value: float, unit: str, currency: str) -> str:
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit == "money":
        return f"{value / 100:,.2f} {currency}"
    return f"{value:.1f}"
