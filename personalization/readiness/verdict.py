"""How counts become a verdict. Pure: every function here is a formula with a name."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from personalization.readiness.checks import MINIMUM_OBSERVATIONS, Bound, Direction
from personalization.records import CheckVerdict

CLEAN_NIGHTS = 3  # our choice: a gate that closed opens after this many clean nights in a row, tonight's included
OPEN = (CheckVerdict.PASS, CheckVerdict.WARN)
_Z = 1.959963984540054  # 95 %, two-sided


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the counts say: the value with its 95 % interval, in the check's unit, and the verdict on it.

    value, low and high are None where nothing was counted.
    """

    value: float | None
    low: float | None
    high: float | None
    verdict: CheckVerdict


def verdict_of(
    *,
    numerator: int,
    denominator: int,
    direction: Direction,
    pass_at: float,
    hold_at: float,
    per: int = 1,
    minimum: int = MINIMUM_OBSERVATIONS,
    bound: Bound = Bound.WORSE,
) -> Judgement:
    """Return the judgement on *numerator* out of *denominator*, counted *per* 1 or per 100.

    *bound* of the interval decides: for all but alarms the one that is worse for the customer (T11). Under *minimum*
    observations nothing can be said.
    """
    if denominator <= 0:
        return Judgement(value=None, low=None, high=None, verdict=CheckVerdict.INSUFFICIENT)
    low, high = (rounded(per * bound) for bound in interval_of(numerator, denominator))
    verdict = CheckVerdict.INSUFFICIENT
    if denominator >= minimum:
        is_low = (direction is Direction.HIGHER_IS_BETTER) is (bound is Bound.WORSE)
        verdict = verdict_of_bound(low if is_low else high, direction=direction, pass_at=pass_at, hold_at=hold_at)
    return Judgement(value=rounded(per * numerator / denominator), low=low, high=high, verdict=verdict)


def quantile_verdict_of(
    amounts: Sequence[tuple[float, int]],
    *,
    quantile: float,
    pass_at: float,
    hold_at: float,
    minimum: int = MINIMUM_OBSERVATIONS,
) -> Judgement:
    """Return the judgement on the amount that *quantile* of the observations stay within; less is better.

    amounts: (amount, how many observations have it), in any order. The interval needs no shape of the amounts: it ends
    at those whose ranks are Wilson's bounds of *quantile* (the distribution-free interval of a quantile; Hahn and
    Meeker, Statistical Intervals, 1991, chapter 5, with Wilson's bounds in the place of the binomial's).
    """
    ordered = sorted((amount, number) for amount, number in amounts if number > 0)
    total = sum(number for _, number in ordered)
    if not total:
        return Judgement(value=None, low=None, high=None, verdict=CheckVerdict.INSUFFICIENT)
    low, high = (rounded(_at_rank(ordered, share * total)) for share in _wilson(quantile, total))
    verdict = CheckVerdict.INSUFFICIENT
    if total >= minimum:
        verdict = verdict_of_bound(high, direction=Direction.LOWER_IS_BETTER, pass_at=pass_at, hold_at=hold_at)
    return Judgement(value=rounded(_at_rank(ordered, quantile * total)), low=low, high=high, verdict=verdict)


def _at_rank(ordered: Sequence[tuple[float, int]], rank: float) -> float:
    """Return the smallest amount that at least *rank* observations do not exceed."""
    reached = 0
    for amount, number in ordered:
        reached += number
        if reached >= rounded(rank):
            return amount
    return ordered[-1][0]


def verdict_of_bound(bound: float, *, direction: Direction, pass_at: float, hold_at: float) -> CheckVerdict:
    """Return pass, warn or hold for the bound that decides; a bound that lies on a threshold is good enough for it."""
    sign = 1 if direction is Direction.HIGHER_IS_BETTER else -1
    if sign * bound >= sign * pass_at:
        return CheckVerdict.PASS
    return CheckVerdict.WARN if sign * bound >= sign * hold_at else CheckVerdict.HOLD


def interval_of(numerator: int, denominator: int) -> tuple[float, float]:
    """Return the 95 % interval of *numerator* / *denominator*.

    Wilson's for a share (E. B. Wilson, 1927). More events than observations, such as several tickets an order, are no
    share: then Byar's approximation to the exact Poisson interval (Breslow and Day, 1987, chapter 2).
    """
    if numerator > denominator:
        return _byar(numerator, denominator)
    return _wilson(numerator / denominator, denominator)


def _wilson(share: float, denominator: int) -> tuple[float, float]:
    spread = _Z * math.sqrt(share * (1 - share) / denominator + _Z**2 / (4 * denominator**2))
    middle = share + _Z**2 / (2 * denominator)
    scale = 1 + _Z**2 / denominator
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def _byar(count: int, denominator: int) -> tuple[float, float]:
    more = count + 1
    low = count * (1 - 1 / (9 * count) - _Z / (3 * math.sqrt(count))) ** 3
    high = more * (1 - 1 / (9 * more) + _Z / (3 * math.sqrt(more))) ** 3
    return max(0.0, low / denominator), high / denominator


def rounded(value: float) -> float:
    """Return *value* to six digits, so that no verdict hangs on the last bits of a float."""
    return math.floor(value * 1e6 + 0.5) / 1e6


def after_hysteresis(
    raw: CheckVerdict, earlier: Sequence[CheckVerdict], *, nights: int = CLEAN_NIGHTS
) -> tuple[CheckVerdict, int]:
    """Return tonight's verdict after hysteresis, and how many clean nights in a row there are, tonight included.

    *raw* is what tonight's counts say, *earlier* what those of the nights before said, the newest first. The gate
    closes at once and opens on the last of *nights* clean nights in a row; a night that is missing was not clean.
    """
    clean = 0
    for verdict in (raw, *earlier)[:nights]:
        if verdict not in OPEN:
            break
        clean += 1
    if raw not in OPEN or clean >= nights:
        return raw, clean
    return CheckVerdict.HOLD, clean


def business_hours(since: datetime, until: datetime) -> float:
    """Return the hours from *since* to *until* that lie on no Saturday and no Sunday; 0 where *until* is not later."""
    if until <= since:
        return 0.0
    weeks = (until - since) // timedelta(weeks=1)
    hours = weeks * 5 * 24.0
    start = since + timedelta(weeks=weeks)
    while start < until:
        end = min(until, datetime.combine(start.date() + timedelta(days=1), time()))
        if start.weekday() < 5:
            hours += (end - start).total_seconds() / 3600
        start = end
    return hours
