"""For every check: what passes, what warns, what holds, at, just under and just over each threshold; a table to read.

The interval's bound that is worse for the customer decides, so with few observations a good figure is not enough.
"""

from pathlib import Path

import pytest

from personalization.readiness import CHECKS, Direction, Unit, verdict_of
from personalization.readiness.reference import check_reference
from personalization.readiness.verdict import verdict_of_bound

# check, the bound that decides -> verdict
AT_THE_THRESHOLDS = [
    ("tracking_coverage", 0.950001, "pass"),
    ("tracking_coverage", 0.95, "pass"),
    ("tracking_coverage", 0.949999, "warn"),
    ("tracking_coverage", 0.88, "warn"),
    ("tracking_coverage", 0.879999, "hold"),
    ("on_time_share", 0.930001, "pass"),
    ("on_time_share", 0.93, "pass"),
    ("on_time_share", 0.929999, "warn"),
    ("on_time_share", 0.88, "warn"),
    ("on_time_share", 0.879999, "hold"),
    ("wismo_per_100_orders", 1.499999, "pass"),
    ("wismo_per_100_orders", 1.5, "pass"),
    ("wismo_per_100_orders", 1.500001, "warn"),
    ("wismo_per_100_orders", 3.0, "warn"),
    ("wismo_per_100_orders", 3.000001, "hold"),
    ("feed_freshness", 23.99, "pass"),
    ("feed_freshness", 24.0, "pass"),
    ("feed_freshness", 24.01, "hold"),
    ("refund_share", 1.249999, "pass"),
    ("refund_share", 1.25, "pass"),
    ("refund_share", 1.250001, "warn"),
    ("refund_share", 1.5, "warn"),
    ("refund_share", 1.500001, "hold"),
]

# check, how many of how many -> verdict, and what the bound that decides was
COUNTED = [
    ("on_time_share", 29, 29, "insufficient"),  # a spotless record, but too short
    ("on_time_share", 30, 30, "warn"),  # 100 %, at worst 88.6 %
    ("on_time_share", 29, 30, "hold"),  # 96.7 %, at worst 83.3 %
    ("on_time_share", 51, 51, "warn"),  # at worst 92.995 %
    ("on_time_share", 52, 52, "pass"),  # at worst 93.1 %
    ("on_time_share", 946, 1000, "pass"),  # at worst 93.02 %
    ("on_time_share", 945, 1000, "warn"),  # at worst 92.91 %
    ("on_time_share", 901, 1000, "warn"),  # at worst 88.1 %
    ("on_time_share", 900, 1000, "hold"),  # at worst 87.98 %
    ("tracking_coverage", 72, 72, "warn"),
    ("tracking_coverage", 73, 73, "pass"),
    ("tracking_coverage", 30, 30, "warn"),
    ("tracking_coverage", 28, 29, "insufficient"),
    ("wismo_per_100_orders", 0, 29, "insufficient"),
    ("wismo_per_100_orders", 0, 100, "hold"),  # none asked, but so few orders can hide 3.7 per 100
    ("wismo_per_100_orders", 0, 124, "hold"),
    ("wismo_per_100_orders", 0, 125, "warn"),  # at most 2.98
    ("wismo_per_100_orders", 0, 252, "warn"),
    ("wismo_per_100_orders", 0, 253, "pass"),  # at most 1.496
    ("wismo_per_100_orders", 7, 1000, "pass"),  # at most 1.44
    ("wismo_per_100_orders", 8, 1000, "warn"),  # at most 1.57
    ("wismo_per_100_orders", 19, 1000, "warn"),  # at most 2.95
    ("wismo_per_100_orders", 20, 1000, "hold"),  # at most 3.07
    ("wismo_per_100_orders", 60, 50, "hold"),  # more tickets than orders
]


@pytest.mark.parametrize(("check", "bound", "verdict"), AT_THE_THRESHOLDS)
def test_at_the_thresholds(check: str, bound: float, verdict: str) -> None:
    """A bound on the threshold is good enough; one just beyond it is not."""
    known = CHECKS[check]

    assert (
        verdict_of_bound(bound, direction=known.direction, pass_at=known.limits["pass"], hold_at=known.limits["hold"])
        == verdict
    )


@pytest.mark.parametrize(("check", "numerator", "denominator", "verdict"), COUNTED)
def test_counts(check: str, numerator: int, denominator: int, verdict: str) -> None:
    """So many of so many get this verdict by the thresholds that ship."""
    known = CHECKS[check]
    judged = verdict_of(
        numerator=numerator,
        denominator=denominator,
        direction=known.direction,
        pass_at=known.limits["pass"],
        hold_at=known.limits["hold"],
        per=100 if known.unit is Unit.PER_100 else 1,
    )

    assert judged.verdict == verdict


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_is_explained(name: str) -> None:
    """A check has an owner, a meaning and a source; the fewest that count, if spotless, hold no share."""
    check = CHECKS[name]

    assert check.name == name
    assert check.owner
    assert check.meaning.endswith(".")
    assert check.source.startswith(("T", "R", "our choice"))
    assert set(check.must_show) <= set(check.scopes)
    if check.unit is Unit.SHARE:
        fewest = check.minimum_observations
        judged = verdict_of(
            numerator=fewest if check.direction is Direction.HIGHER_IS_BETTER else 0,
            denominator=fewest,
            direction=check.direction,
            pass_at=check.limits["pass"],
            hold_at=check.limits["hold"],
            minimum=fewest,
        )
        assert judged.verdict in ("pass", "warn")


def test_the_page_of_checks_is_current() -> None:
    """docs/readiness-checks.md is what the code says; `make docs` writes it anew."""
    page = Path(__file__).parents[2] / "docs" / "readiness-checks.md"

    assert page.read_text(encoding="utf-8") == check_reference()
