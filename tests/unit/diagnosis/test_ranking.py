"""Which problem comes first: by money, by friction where money cannot tell, the evident before possible chance."""

import pytest

from personalization.diagnosis.intervals import Estimate
from personalization.diagnosis.leaks import Amount, Leak, Money, Part, money_of, rank, unknown_leak

NOTHING = Estimate(value=0, low=0, high=0)


def leak(problem: str, low: int, likely: int, high: int, *, customers: int = 0, touches: int = 0) -> Leak:
    money = Money(low_cents=low, likely_cents=likely, high_cents=high)
    return Leak(
        problem=problem,
        events=1,
        per_100=NOTHING,
        usual_per_100=0,
        cost=money,
        leak=money,
        assumptions=(),
        customers=customers,
        touches=touches,
    )


# each problem's interval and friction -> the first, and what decided
CASES = [
    pytest.param([("tracking", 50, 60, 70, 1), ("returns", 10, 20, 49, 9)], "tracking", "money", id="apart"),
    pytest.param([("tracking", 50, 60, 70, 1), ("returns", 10, 20, 50, 9)], "returns", "friction", id="they touch"),
    pytest.param([("tracking", 50, 60, 70, 9), ("returns", 10, 20, 55, 1)], "tracking", "friction", id="most of both"),
    pytest.param([("tracking", 10, 60, 70, 5), ("returns", 10, 60, 70, 5)], "returns", "friction", id="a tie: by name"),
    pytest.param([("retention", 0, 90, 200, 0), ("returns", 10, 20, 30, 1)], "returns", "money", id="may be chance"),
    pytest.param([("tracking", 0, 90, 200, 9), ("returns", 0, 20, 30, 1)], None, "money", id="nothing evident"),
]


@pytest.mark.parametrize(("given", "first", "decided_by"), CASES)
def test_the_first(given: list[tuple[str, int, int, int, int]], first: str | None, decided_by: str) -> None:
    """Overlapping intervals are decided by customers × touches, never anything else."""
    found = rank(
        [leak(name, low, likely, high, customers=calls, touches=2) for name, low, likely, high, calls in given]
    )

    assert (found.first.problem if found.first else None) == first
    assert found.decided_by == decided_by


def test_only_the_first_two_are_compared_by_friction() -> None:
    """The third may have more friction; its money is less than the second's."""
    found = rank(
        [
            leak("tracking", 50, 60, 70, customers=1, touches=1),
            leak("returns", 40, 55, 70, customers=2, touches=1),
            leak("claims", 30, 50, 70, customers=99, touches=99),
        ]
    )

    assert [one.problem for one in found.leaks] == ["returns", "tracking", "claims"]


def test_the_unknown_comes_last() -> None:
    """What could not be looked at is never first."""
    found = rank([unknown_leak("claims", "no table"), leak("tracking", 0, 0, 0)])

    assert [one.problem for one in found.leaks] == ["tracking", "claims"]
    assert found.first is None


def test_what_is_usual_is_taken_off() -> None:
    """Of ten tickets at 15 each, four are usual: six leak."""
    part = Part(amount=Amount(events=10, total=10, squares=10), unit_cents=(1000, 1500, 2500), usual=4)

    assert money_of([part], per=1, over_usual=True).likely_cents == 6 * 1500
    assert money_of([part], per=1, over_usual=False).likely_cents == 10 * 1500


def test_chance_adds_by_squares_and_assumptions_add_up() -> None:
    """Two equal parts are twice as dear, and less than twice as wide where only chance widens them."""
    part = Part(amount=Amount(events=50, total=50, squares=50), unit_cents=(100, 100, 100))
    one, two = (money_of([part] * count, per=1, over_usual=False) for count in (1, 2))
    wide = Part(amount=part.amount, unit_cents=(50, 100, 200))
    assumed = money_of([wide], per=1, over_usual=False)

    assert two.likely_cents == 2 * one.likely_cents
    assert two.high_cents - two.low_cents < 1.5 * (one.high_cents - one.low_cents)
    assert assumed.low_cents < one.low_cents
    assert assumed.high_cents > one.high_cents
