"""95 % intervals in closed form: counts, sums of unequal amounts, shares, and how many come back. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_Z = 1.959963984540054  # 95 %, two-sided


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float


def count_interval(count: float) -> tuple[float, float]:
    """Return the interval of a Poisson count: Byar's approximation (Breslow and Day, 1987, chapter 2).

    It holds for counts that are no whole numbers too, which sum_interval needs.
    """
    more = count + 1
    low = count * (1 - 1 / (9 * count) - _Z / (3 * math.sqrt(count))) ** 3 if count > 0 else 0.0
    return max(0.0, low), more * (1 - 1 / (9 * more) + _Z / (3 * math.sqrt(more))) ** 3


def sum_interval(total: float, squares: float, *, typical: float) -> tuple[float, float]:
    """Return the interval of a sum of amounts that come at random, of which *squares* is the sum of squares.

    The sum counts as total² / squares equal amounts (the scaled Poisson distribution of Bohm and Zech, "Statistics of
    weighted Poisson events and its applications", 2014). Where nothing came, *typical* is what one would have cost.
    """
    if total <= 0 or squares <= 0:
        return 0.0, count_interval(0)[1] * typical
    low, high = count_interval(total**2 / squares)
    return low * squares / total, high * squares / total


def share(numerator: int, denominator: int) -> Estimate:
    """Return a share with Wilson's interval (1927); nothing is known of nothing."""
    if denominator <= 0:
        return Estimate(value=0.0, low=0.0, high=1.0)
    value = min(1.0, numerator / denominator)
    spread = _Z * math.sqrt(value * (1 - value) / denominator + _Z**2 / (4 * denominator**2))
    middle, scale = value + _Z**2 / (2 * denominator), 1 + _Z**2 / denominator
    return Estimate(value=value, low=max(0.0, (middle - spread) / scale), high=min(1.0, (middle + spread) / scale))


def came_back(
    days: Sequence[int], returned: Sequence[int], ended: Sequence[int], *, within: int
) -> tuple[Estimate, int]:
    """Return the share that comes back *within* so many days, and how many had been followed for that long.

    returned[i] came back on days[i], and on it the data end for ended[i] others; days may repeat. Kaplan and Meier's
    estimate (1958) with Greenwood's variance, on the scale of log(-log) (Kalbfleisch and Prentice, 1980), so that those
    who bought lately count for as long as they could be followed.
    """
    order = np.argsort(np.asarray(days, dtype=np.int64), kind="stable")
    day = np.asarray(days, dtype=np.int64)[order]
    back = np.asarray(returned, dtype=np.float64)[order]
    both = back + np.asarray(ended, dtype=np.float64)[order]
    each, start = np.unique(day, return_index=True)
    if not len(each):
        return Estimate(value=0.0, low=0.0, high=1.0), 0
    back, both = np.add.reduceat(back, start), np.add.reduceat(both, start)
    at_risk = both.sum() - np.concatenate([[0.0], np.cumsum(both)[:-1]])
    counted = each <= within
    followed = int(both[~counted].sum())
    staying = float(np.prod(1 - back[counted] / at_risk[counted]))
    if not 0 < staying < 1:
        return Estimate(value=1 - staying, low=0.0 if staying else 1 - staying, high=1.0), followed
    # where all at risk came back the term has no meaning, and staying is 0 anyway
    terms = back[counted] / (at_risk[counted] * np.maximum(at_risk[counted] - back[counted], 1))
    spread = _Z * math.sqrt(float(terms.sum())) / abs(math.log(staying))
    low, high = (staying ** math.exp(sign * spread) for sign in (1, -1))
    return Estimate(value=1 - staying, low=1 - high, high=1 - low), followed
