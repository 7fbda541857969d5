"""How many tickets and returns the coming four weeks bring, against what the team can answer (R34). Pure.

What is out brings work by its age: so many of a hundred orders ask on the third day, are sent back on the tenth.
Orders to come are expected as the last eight weeks brought them, by weekday, times what the same weeks of last year
brought over the eight weeks before them, where a year is known. What has no order keeps its own pace.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from personalization.settings import Capacity

KINDS = ("tickets", "returns")
DAYS_AHEAD = 28
_AGES = 60  # what comes later than two months after its order keeps its own pace
_WEEKS_FITTED = 12
_WEEKS_OF_ORDERS = 8
_FEWEST = 30  # T11: fewer in twelve weeks say nothing
_Z80 = 1.2815515655446004  # 80 %, two-sided
_MOST_UPLIFT = 4.0  # our choice: last year's same weeks are no better guide than that
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadDay:
    """A day to come: what is expected, and within what it lies in four of five cases."""

    day: date
    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The work of one kind in the days to come, and what the team can answer in a day, None where nobody said.

    unknown says why there is no forecast; then there are no days.
    """

    kind: str
    days: tuple[LoadDay, ...]
    capacity: float | None
    unknown: str = ""

    @property
    def over(self) -> tuple[date, ...]:
        """Return the days on which more is expected than can be answered."""
        return () if self.capacity is None else tuple(day.day for day in self.days if day.expected > self.capacity)


def told(load: Load) -> str:
    """Return the forecast in a sentence or two: how much, when most, and whether the team can answer it."""
    if load.unknown:
        return load.unknown
    busiest = max(load.days, key=lambda day: (day.expected, day.day))
    total = sum(day.expected for day in load.days)
    said = (
        f"In the coming {len(load.days)} days {total:,.0f} {load.kind} are expected; the busiest day is "
        f"{busiest.day} with {busiest.expected:,.0f} (in four of five cases {busiest.low:,.0f} to {busiest.high:,.0f})."
    )
    if load.capacity is None:
        return f"{said} How many the team can answer is not known: [capacity] {load.kind}_per_day in shop.toml says it."
    if not load.over:
        return f"{said} The team can answer {load.capacity:g} a day, which no day is expected to exceed."
    days = f"{len(load.over)} days, first on {load.over[0]}" if len(load.over) > 1 else f"{load.over[0]}"
    return f"{said} The team can answer {load.capacity:g} a day; more is expected on {days}."


def forecast(
    by_day: Sequence[Mapping[str, Any]], by_age: Sequence[Mapping[str, Any]], *, run_date: date, capacity: Capacity
) -> tuple[Load, ...]:
    """Return the load of tickets and returns after *run_date*, from the rows of load_by_day and load_by_age."""
    limits = {"tickets": capacity.tickets_per_day, "returns": capacity.returns_per_day}
    past = {name: _series(by_day, name, run_date=run_date, days=460) for name in ("orders", *KINDS)}
    fitted = _WEEKS_FITTED * 7
    orders = np.concatenate([past["orders"], _orders_ahead(past["orders"], run_date)])
    found = []
    for kind in KINDS:
        seen = past[kind][-fitted:]
        if seen.sum() < _FEWEST:
            unknown = (
                f"There were {int(seen.sum())} {kind} in {_WEEKS_FITTED} weeks; {_FEWEST} are needed to say anything."
            )
            found.append(Load(kind=kind, days=(), capacity=limits[kind], unknown=unknown))
            continue
        per_order = _per_order(by_age, kind, past["orders"], fitted=fitted)
        following = np.convolve(orders, per_order)[: len(orders)]
        pace = max(float(seen.mean() - following[-DAYS_AHEAD - fitted : -DAYS_AHEAD].mean()), 0.0)
        level = following + pace
        weekday = _weekdays(seen, level[-DAYS_AHEAD - fitted : -DAYS_AHEAD], run_date)
        fit = level[-DAYS_AHEAD - fitted : -DAYS_AHEAD] * weekday[_weekday_numbers(run_date, -fitted + 1, 1)]
        spread = max(1.0, float(((seen - fit) ** 2 / np.maximum(fit, 0.1)).sum()) / max(fitted - 8, 1))
        ahead = level[-DAYS_AHEAD:] * weekday[_weekday_numbers(run_date, 1, DAYS_AHEAD + 1)]
        found.append(Load(kind=kind, days=_days(ahead, spread, run_date), capacity=limits[kind]))
    return tuple(found)


def _series(rows: Sequence[Mapping[str, Any]], name: str, *, run_date: date, days: int) -> Floats:
    """Return the counts of the last *days* days, the oldest first."""
    counts = np.zeros(days)
    for row in rows:
        back = (run_date - row["day"]).days
        if 0 <= back < days:
            counts[days - 1 - back] = row[name]
    return counts


def _per_order(rows: Sequence[Mapping[str, Any]], kind: str, orders: Floats, *, fitted: int) -> Floats:
    """Return how much an order brings on each day after it was placed, its own day first."""
    events = np.zeros(_AGES)
    for row in rows:
        if row["kind"] == kind and 0 <= row["age_days"] < _AGES:
            events[row["age_days"]] = row["events"]
    ended = len(orders)
    exposed = np.array([orders[ended - fitted - age : ended - age].sum() for age in range(_AGES)])
    per_order: Floats = np.divide(events, exposed, out=np.zeros(_AGES), where=exposed > 0)
    return per_order


def _orders_ahead(orders: Floats, run_date: date) -> Floats:
    """Return the orders expected on the days to come."""
    weeks = orders[-_WEEKS_OF_ORDERS * 7 :]
    numbers = _weekday_numbers(run_date, -len(weeks) + 1, 1)
    usual = np.array([weeks[numbers == weekday].mean() for weekday in range(7)])
    ahead: Floats = usual[_weekday_numbers(run_date, 1, DAYS_AHEAD + 1)]
    last_year = orders[-364:][:DAYS_AHEAD]  # 52 weeks back, so that weekdays lie on weekdays
    before = orders[-364 - _WEEKS_OF_ORDERS * 7 : -364]
    is_known = orders[: len(orders) - 364 - len(weeks) + 7].any()  # the shop is older than what is compared
    if not is_known or before.sum() < _FEWEST or last_year.sum() < _FEWEST:
        return ahead
    smooth = np.array([last_year[max(0, day - 3) : day + 4].mean() for day in range(DAYS_AHEAD)])
    uplift: Floats = np.clip(smooth / before.mean(), 1 / _MOST_UPLIFT, _MOST_UPLIFT)
    return np.multiply(ahead, uplift)


def _weekdays(seen: Floats, level: Floats, run_date: date) -> Floats:
    """Return how much more than its level each weekday brings, Monday first."""
    numbers = _weekday_numbers(run_date, -len(seen) + 1, 1)
    expected = np.array([level[numbers == weekday].sum() for weekday in range(7)])
    counted = np.array([seen[numbers == weekday].sum() for weekday in range(7)])
    times: Floats = np.divide(counted, expected, out=np.ones(7), where=expected > 0)
    return times


def _weekday_numbers(run_date: date, start: int, end: int) -> npt.NDArray[np.int64]:
    return (np.arange(start, end) + run_date.weekday()) % 7


def _days(ahead: Floats, spread: float, run_date: date) -> tuple[LoadDay, ...]:
    """Return the days with the interval of a count that swings *spread* times as much as chance alone would make it."""
    width = _Z80 * np.sqrt(spread * ahead + 0.25)
    return tuple(
        LoadDay(
            day=run_date + timedelta(days=place + 1),
            expected=round(float(expected), 1),
            low=round(max(float(expected - margin), 0.0), 1),
            high=round(float(expected + margin), 1),
        )
        for place, (expected, margin) in enumerate(zip(ahead, width, strict=True))
    )
