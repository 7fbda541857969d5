"""The formulas behind a verdict."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2

from personalization.readiness import Direction, after_hysteresis, business_hours, interval_of, verdict_of
from personalization.records import CheckVerdict

PASS, WARN, HOLD, INSUFFICIENT = CheckVerdict.PASS, CheckVerdict.WARN, CheckVerdict.HOLD, CheckVerdict.INSUFFICIENT
ORDER = {PASS: 0, WARN: 1, HOLD: 2}
counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
directions = st.sampled_from(Direction)


@given(counts)
def test_wilson(count: tuple[int, int]) -> None:
    """A share's interval is Wilson's, as another implementation computes it."""
    wilson = binomtest(*count).proportion_ci(method="wilson")

    assert interval_of(*count) == pytest.approx((wilson.low, wilson.high), abs=1e-9)


@pytest.mark.parametrize("count", [5, 30, 100, 1000])
def test_more_events_than_observations(count: int) -> None:
    """More tickets than orders are no share; their interval is within a hundredth of the exact Poisson one."""
    exact = (chi2.ppf(0.025, 2 * count) / 2 / 4, chi2.ppf(0.975, 2 * (count + 1)) / 2 / 4)

    assert interval_of(count, 4) == pytest.approx(exact, rel=0.01)


@given(counts)
def test_the_interval_holds_the_value(count: tuple[int, int]) -> None:
    """The value lies within its interval, and the interval within what is possible."""
    low, high = interval_of(*count)

    assert 0 <= low <= count[0] / count[1] + 1e-12
    assert count[0] / count[1] - 1e-12 <= high <= 1


@given(counts, directions, st.floats(0, 1), st.floats(0, 1))
def test_one_better_observation_never_closes(
    count: tuple[int, int], direction: Direction, one: float, other: float
) -> None:
    """One observation that goes better for the customer, all else equal, never gives a worse verdict."""
    k, n = count
    is_higher_better = direction is Direction.HIGHER_IS_BETTER
    pass_at, hold_at = (max(one, other), min(one, other)) if is_higher_better else (min(one, other), max(one, other))
    better = min(k + 1, n) if is_higher_better else max(k - 1, 0)
    verdicts = [
        verdict_of(numerator=x, denominator=n, direction=direction, pass_at=pass_at, hold_at=hold_at).verdict
        for x in (k, better)
    ]

    assert INSUFFICIENT in verdicts if n < 30 else ORDER[verdicts[1]] <= ORDER[verdicts[0]]


@given(st.integers(30, 300), st.integers(2, 50), directions)
def test_more_of_the_same_never_closes(n: int, times: int, direction: Direction) -> None:
    """The same share over more observations is surer, so it never gives a worse verdict."""
    k = n - n // 20 if direction is Direction.HIGHER_IS_BETTER else n // 20
    pass_at, hold_at = (0.93, 0.88) if direction is Direction.HIGHER_IS_BETTER else (0.07, 0.12)
    few, many = (
        verdict_of(numerator=k * m, denominator=n * m, direction=direction, pass_at=pass_at, hold_at=hold_at).verdict
        for m in (1, times)
    )

    assert ORDER[many] <= ORDER[few]


@given(counts, directions)
def test_under_thirty_says_nothing(count: tuple[int, int], direction: Direction) -> None:
    """Fewer than 30 observations are insufficient, however good; 30 are not."""
    judged = verdict_of(numerator=count[0], denominator=count[1], direction=direction, pass_at=0.5, hold_at=0.5)

    assert (judged.verdict is INSUFFICIENT) == (count[1] < 30)


def test_nothing_counted() -> None:
    """Without any observation there is no value and no interval."""
    judged = verdict_of(numerator=0, denominator=0, direction=Direction.HIGHER_IS_BETTER, pass_at=1, hold_at=1)

    assert (judged.value, judged.low, judged.high, judged.verdict) == (None, None, None, INSUFFICIENT)


# tonight and the nights before, the newest first -> the verdict that counts, clean nights in a row
HYSTERESIS = [
    (PASS, [PASS, PASS], PASS, 3),
    (WARN, [PASS, WARN], WARN, 3),
    (HOLD, [PASS, PASS], HOLD, 0),
    (INSUFFICIENT, [PASS, PASS], INSUFFICIENT, 0),
    (PASS, [HOLD, PASS], HOLD, 1),
    (PASS, [PASS, HOLD], HOLD, 2),
    (PASS, [PASS, INSUFFICIENT], HOLD, 2),
    (PASS, [PASS, PASS, HOLD], PASS, 3),
    (PASS, [], HOLD, 1),
    (PASS, [PASS], HOLD, 2),
]


@pytest.mark.parametrize(("raw", "earlier", "verdict", "clean"), HYSTERESIS)
def test_hysteresis(raw: CheckVerdict, earlier: list[CheckVerdict], verdict: CheckVerdict, clean: int) -> None:
    """The gate closes at once and opens on the third clean night in a row."""
    assert after_hysteresis(raw, earlier) == (verdict, clean)


@given(st.lists(st.sampled_from([PASS, WARN, HOLD, INSUFFICIENT]), min_size=3, max_size=30))
def test_no_gate_flaps(nights: list[CheckVerdict]) -> None:
    """Between a night that closes the gate and the next that it is open lie at least two held nights."""
    is_open = [
        after_hysteresis(raw, nights[max(0, i - 5) : i][::-1])[0] in (PASS, WARN) for i, raw in enumerate(nights)
    ]

    for i, now in enumerate(is_open):
        if not now and i >= 1 and is_open[i - 1]:
            assert not any(is_open[i : i + 3])


# from, to -> hours without Saturday and Sunday; 18 November 2011 is a Friday
HOURS = [
    ("2011-11-16T12:00", "2011-11-17T12:00", 24),
    ("2011-11-18T18:00", "2011-11-21T06:00", 12),
    ("2011-11-19T10:00", "2011-11-20T10:00", 0),
    ("2011-11-19T10:00", "2011-11-21T01:30", 1.5),
    ("2011-11-17T12:00", "2011-12-01T12:00", 240),
    ("2011-11-17T12:00", "2011-11-17T11:00", 0),
]


@pytest.mark.parametrize(("since", "until", "hours"), HOURS)
def test_business_hours(since: str, until: str, hours: float) -> None:
    """Hours at the weekend do not count."""
    assert business_hours(datetime.fromisoformat(since), datetime.fromisoformat(until)) == hours


@given(
    st.datetimes(datetime(2011, 1, 1), datetime(2012, 1, 1)),
    st.integers(0, 10**6),
    st.integers(0, 10**6),
)
def test_business_hours_add_up(start: datetime, first: int, second: int) -> None:
    """The hours to a moment and from it on are the hours of the whole."""
    middle = start + timedelta(seconds=first)
    end = middle + timedelta(seconds=second)

    assert business_hours(start, middle) + business_hours(middle, end) == pytest.approx(business_hours(start, end))
