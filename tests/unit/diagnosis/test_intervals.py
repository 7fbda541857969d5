"""The closed-form intervals, against known values and against the exact ones."""

import math

import numpy as np
import pytest
from scipy import stats

from personalization.diagnosis.intervals import came_back, count_interval, share, sum_interval


@pytest.mark.parametrize("count", [1, 3, 10, 50, 400])
def test_a_count_is_close_to_the_exact_poisson_interval(count: int) -> None:
    """Byar's bounds lie within 2 % of the exact ones, a single event's within a tenth."""
    low, high = count_interval(count)
    exact = stats.chi2.ppf(0.025, 2 * count) / 2, stats.chi2.ppf(0.975, 2 * count + 2) / 2

    assert low == pytest.approx(exact[0], rel=0.02, abs=0.05)
    assert high == pytest.approx(exact[1], rel=0.02)


def test_nothing_seen_still_leaves_room() -> None:
    """None of something does not prove that there is none: up to 3.7 of them, at the typical amount."""
    low, high = sum_interval(0, 0, typical=10)

    assert low == 0
    assert high == pytest.approx(36.9, abs=0.5)


def test_equal_amounts_are_a_count() -> None:
    """The sum of equal amounts has the interval of their number."""
    low, high = sum_interval(50.0, 10 * 25.0, typical=1)

    assert (low, high) == pytest.approx(tuple(5 * bound for bound in count_interval(10)))


def test_unequal_amounts_are_less_sure() -> None:
    """A sum that a few large amounts make up is wider than one of equal ones."""
    equal = sum_interval(100.0, 10 * 100.0, typical=1)
    unequal = sum_interval(100.0, 91.0**2 + 9, typical=1)

    assert unequal[0] < equal[0]
    assert unequal[1] > equal[1]


def test_a_sum_covers_the_truth() -> None:
    """About 95 % of the intervals of sums of random amounts hold the true sum."""
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(400):
        drawn = rng.lognormal(0, 0.6, rng.poisson(30))
        low, high = sum_interval(float(drawn.sum()), float((drawn**2).sum()), typical=1)
        hits += low <= 30 * math.exp(0.18) <= high

    assert hits / 400 >= 0.93


def test_a_share_has_wilsons_interval() -> None:
    """29 of 30: 83.3 % to 99.4 %; and nothing is known of nothing."""
    found, nothing = share(29, 30), share(0, 0)

    assert (round(found.low, 3), round(found.high, 3)) == (0.833, 0.994)
    assert (nothing.low, nothing.high) == (0, 1)


def test_who_can_be_followed_for_a_short_time_counts_for_that_time() -> None:
    """Kaplan and Meier by hand: of 4, one is back on day 10, one out of sight on day 20, one back on day 30."""
    found, followed = came_back([10, 20, 30, 400], [1, 0, 1, 0], [0, 1, 0, 1], within=365)

    assert found.value == pytest.approx(1 - 3 / 4 * 1 / 2)
    assert found.low < found.value < found.high
    assert followed == 1


@pytest.mark.parametrize(
    ("days", "returned", "ended", "share_back"),
    [([], [], [], 0.0), ([5], [3], [0], 1.0), ([400], [0], [3], 0.0)],
    ids=["nobody", "everybody", "none of three"],
)
def test_the_ends(days: list[int], returned: list[int], ended: list[int], share_back: float) -> None:
    """Nobody, everybody and none of them are no division by zero."""
    found, _ = came_back(days, returned, ended, within=365)

    assert found.value == share_back
    assert 0 <= found.low <= found.value <= found.high <= 1
