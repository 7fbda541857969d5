"""How counts become a verdict. Pure: every function here is a formula with a name."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from personalization.readiness.checks import MINIMUM_OBSERVATIONS, Direction
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
) -> Judgement:
    """Return the judgement on *numerator* out of *denominator*, counted *per* 1 or per 100.

    The bound that is worse for the customer decides (T11); under *minimum* observations nothing can be said.
    """
    if denominator <= 0:
        return Judgement(value=None, low=None, high=None, verdict=CheckVerdict.INSUFFICIENT)
    low, high = (rounded(per * bound) for bound in interval_of(numerator, denominator))
    verdict = CheckVerdict.INSUFFICIENT
    if denominator >= minimum:
        worse = low if direction is Direction.HIGHER_IS_BETTER else high
        verdict = verdict_of_bound(worse, direction=direction, pass_at=pass_at, hold_at=hold_at)
    return Judgement(value=rounded(per * numerator / denominator), low=low, high=high, verdict=verdict)


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
    share = numerator / denominator
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
