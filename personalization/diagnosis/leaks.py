"""What each problem costs in 30 days, and how much of it lies over what is usual. Pure: counts in, money out."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from personalization.diagnosis.intervals import Estimate, count_interval, sum_interval
from personalization.diagnosis.problems import PROBLEMS

MINIMUM_ORDERS = 30  # T11, our choice
Three = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A sum over events: how many, and the sum of what each amounts to with its sum of squares."""

    events: int = 0
    total: float = 0.0
    squares: float = 0.0

    @property
    def mean(self) -> float:
        """Return what one event amounts to; 0 where there was none."""
        return self.total / self.events if self.events else 0.0


NOTHING = Amount()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a problem's cost: an amount, what one of its units costs in cents (lowest, likeliest, highest).

    usual is how many of its events a dependable shop would have had. typical is one event's amount where none was seen.
    """

    amount: Amount
    unit_cents: Three
    usual: float = 0.0
    typical: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Cents in 30 days: the likeliest, and the interval that chance and assumptions leave."""

    low_cents: int
    likely_cents: int
    high_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """What is known of one problem.

    cost is all that it costs, leak what lies over the usual level, both in 30 days. per_100 counts events per 100
    orders. unknown says why nothing can be said; then the figures mean nothing.
    """

    problem: str
    events: int
    per_100: Estimate
    usual_per_100: float
    cost: Money
    leak: Money
    assumptions: tuple[str, ...]
    customers: int = 0
    touches: int = 0
    detail: str = ""
    unknown: str = ""

    @property
    def is_evident(self) -> bool:
        """Return whether chance and assumptions alone cannot explain the leak."""
        return not self.unknown and self.leak.low_cents > 0

    @property
    def friction(self) -> int:
        """Return the guide's tie-breaker: customers who met the problem × how often they or the team touched it."""
        return self.customers * self.touches

    @property
    def title(self) -> str:
        """Return the problem in plain words."""
        return PROBLEMS[self.problem].title


NO_MONEY = Money(low_cents=0, likely_cents=0, high_cents=0)


def unknown_leak(problem: str, why: str) -> Leak:
    """Return that nothing can be said of a problem, and why."""
    return Leak(
        problem=problem,
        events=0,
        per_100=Estimate(value=0.0, low=0.0, high=0.0),
        usual_per_100=0.0,
        cost=NO_MONEY,
        leak=NO_MONEY,
        assumptions=(),
        unknown=why,
    )


def money_of(parts: Sequence[Part], *, per: float, over_usual: bool) -> Money:
    """Return the money of *parts* together, times *per*; what is usual is taken off where *over_usual*.

    Chance of the parts is independent and adds by squares; an assumption holds for all of them at once and adds up.
    """
    middle, chance = [0.0, 0.0, 0.0], [0.0, 0.0]
    for part in parts:
        total = part.amount.total
        usual = part.usual * part.amount.mean if over_usual else 0.0
        low, high = sum_interval(total, part.amount.squares, typical=part.typical)
        for place, unit in enumerate(part.unit_cents):
            middle[place] += unit * (total - usual)
        chance[0] += (part.unit_cents[0] * (total - low)) ** 2
        chance[1] += (part.unit_cents[2] * (high - total)) ** 2
    likely = middle[1]
    low = min(middle[0], likely) - math.sqrt(chance[0])
    high = max(middle[2], likely) + math.sqrt(chance[1])
    return Money(low_cents=_whole(low * per), likely_cents=_whole(likely * per), high_cents=_whole(high * per))


def _whole(cents: float) -> int:
    return max(0, math.floor(cents + 0.5))


def leak_of(
    problem: str,
    parts: Sequence[Part],
    *,
    events: int,
    orders: int,
    usual_per_100: float,
    per: float,
    assumptions: Sequence[str],
    detail: str = "",
) -> Leak:
    """Return one problem's leak from its parts; *per* turns the window into 30 days."""
    low, high = count_interval(events)
    scale = 100 / orders
    return Leak(
        problem=problem,
        events=events,
        per_100=Estimate(value=events * scale, low=low * scale, high=high * scale),
        usual_per_100=usual_per_100,
        cost=money_of(parts, per=per, over_usual=False),
        leak=money_of(parts, per=per, over_usual=True),
        assumptions=tuple(assumptions),
        detail=detail,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The problems in the order in which to mend them, and how the first place was decided."""

    leaks: tuple[Leak, ...]
    decided_by: str
    is_overlapping: bool

    @property
    def first(self) -> Leak | None:
        """Return the problem to mend first; None where no leak is evident."""
        return self.leaks[0] if self.leaks and self.leaks[0].is_evident else None


def rank(leaks: Sequence[Leak]) -> Ranking:
    """Return the leaks by money, what is evident before what may be chance, the unknown last.

    Where the intervals of the first two overlap, the one with the most repeated friction comes first (R14).
    """
    ordered = sorted(
        leaks, key=lambda leak: (bool(leak.unknown), not leak.is_evident, -leak.leak.likely_cents, leak.problem)
    )
    if len(ordered) < 2 or not ordered[1].is_evident:
        return Ranking(leaks=tuple(ordered), decided_by="money", is_overlapping=False)
    first, second = ordered[:2]
    if first.leak.low_cents > second.leak.high_cents:
        return Ranking(leaks=tuple(ordered), decided_by="money", is_overlapping=False)
    if second.friction > first.friction:
        ordered[:2] = [second, first]
    return Ranking(leaks=tuple(ordered), decided_by="friction", is_overlapping=True)


def times(unit: Three, factor: float) -> Three:
    """Return an assumed value times *factor*, such as hours in minutes or money in cents."""
    low, likely, high = (value * factor for value in unit)
    return low, likely, high


def product(one: Three, other: Three) -> Three:
    """Return two assumed values multiplied, lowest with lowest."""
    low, likely, high = (first * second for first, second in zip(one, other, strict=True))
    return low, likely, high


def amounts(rows: Sequence[Mapping[str, object]]) -> dict[str, Amount]:
    """Return the rows of a leak's SQL file by component, added over everything else that they are grouped by."""
    found: dict[str, list[float]] = {}
    for row in rows:
        sums = found.setdefault(str(row["component"]), [0.0, 0.0, 0.0])
        for place, name in enumerate(("events", "amount", "squares")):
            value = row[name]
            sums[place] += float(value) if isinstance(value, int | float) else 0.0
    return {
        name: Amount(events=int(events), total=total, squares=squares)
        for name, (events, total, squares) in found.items()
    }
