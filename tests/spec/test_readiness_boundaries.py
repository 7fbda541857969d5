"""How many of how many pass, warn and hold, for every check that counts; a table to read.

The worse end of the 95 % interval decides (for order_volume, an alarm, the better end), so the limits lie inside the
thresholds. In the table: of so many observations, the last number that passes, the last that only warns (one further
holds), the fewest observations that do not hold when not one of them is wrong, and the fewest that pass then. Checks
against the shop's own baseline are shown for a baseline of 10 %.
"""

import pytest

from personalization.readiness import CHECKS, Direction, Unit
from personalization.readiness.checks import Check, Measure
from personalization.readiness.verdict import quantile_verdict_of, verdict_of

BASELINE = 0.1
TABLE = """
check                     | of     | passes | warns  | spotless and not held | spotless and passing
late_share                |   1000 |     36 |    127 |     30 |     73
parcels_joined            |   1000 |    919 |    825 |     30 |     35
scans_joined              |   1000 |    919 |    825 |     30 |     35
tickets_joined            |   1000 |    919 |    825 |     30 |     35
returns_joined            |   1000 |    919 |    825 |     30 |     35
unknown_status_share      |   1000 |     11 |     99 |     30 |    189
scan_order_share          |   1000 |     11 |     99 |     30 |    189
order_volume              |   1000 |    570 |    370 |     30 |     30
tracking_coverage         |   1000 |    964 |    901 |     30 |     73
on_time_share             |   1000 |    946 |    901 |     30 |     52
acceptance_scan           |   1000 |    964 |    901 |     30 |     73
stalled_share             |   1000 |     36 |    127 |     30 |     73
eta_presence              |   1000 |    919 |    825 |     30 |     35
on_time_strict            |   1000 |    919 |    825 |     30 |     35
delivered_coverage        |   1000 |    964 |    901 |     30 |     73
not_received_share        |   1000 |      7 |     19 |    130 |    253
exception_handled         |   1000 |    964 |    825 |     30 |     73
refund_share              |   1000 |    104 |    127 |     30 |     30
return_rate               |   1000 |    104 |    127 |     30 |     30
return_reason_known       |   1000 |    825 |    680 |     30 |     30
return_reason_other       |   1000 |    175 |    369 |     30 |     30
outside_policy_share      |   1000 |     36 |    175 |     30 |     73
exchange_share            |   1000 |     73 |      0 |     30 |     30
retained_share            |   1000 |    245 |      0 |     30 |     30
wismo_per_100_orders      |   1000 |      7 |     19 |    125 |    253
wismo_share               |   1000 |    156 |    271 |     30 |     30
backlog_share             |   1000 |    223 |    469 |     30 |     30
reopen_share              |   1000 |     81 |    223 |     30 |     35
avoidable_share           |   1000 |    469 |   1000 |     30 |     30
asked_after_tracking_mail |   1000 |    469 |   1000 |     30 |     30
claim_share               |   1000 |    127 |    175 |     30 |     30
claim_overturn_share      |   1000 |     81 |    223 |     30 |     35
complaint_share           |  10000 |      3 |     19 |   1300 |   3836
hard_bounce_share         |   1000 |     11 |     36 |     75 |    189
unsubscribe_share         |   1000 |      3 |     11 |    190 |    381
message_pressure          |   1000 |     36 |    127 |     30 |     73
"""

# check: days or hours that the share of observations must stay within -> verdict for 100 observations
AMOUNTS = [
    ("eta_error_days", {0: 96, 9: 4}, "pass"),  # 96 % in time: at worst 10 % are later than that
    ("eta_error_days", {1: 96, 9: 4}, "pass"),
    ("eta_error_days", {2: 96, 9: 4}, "warn"),
    ("eta_error_days", {3: 96, 9: 4}, "warn"),
    ("eta_error_days", {4: 96, 9: 4}, "hold"),
    ("eta_error_days", {0: 94, 9: 6}, "hold"),  # 94 % in time: at worst 12.5 % are 9 days late
    ("eta_error_days", {0: 29}, "insufficient"),
    ("eta_error_days", {0: 30}, "pass"),
    ("approval_to_refund_days", {14: 96, 40: 4}, "pass"),
    ("approval_to_refund_days", {15: 96, 40: 4}, "warn"),
    ("approval_to_refund_days", {21: 96, 40: 4}, "warn"),
    ("approval_to_refund_days", {22: 96, 40: 4}, "hold"),
    ("first_response_hours", {2: 60, 30: 40}, "pass"),
    ("first_response_hours", {2: 59, 30: 41}, "hold"),  # half within 2 hours, but at worst within 30
    ("first_response_hours", {3: 60, 30: 40}, "warn"),
    ("first_response_hours", {24: 60, 30: 40}, "warn"),
    ("first_response_hours", {25: 60, 30: 40}, "hold"),
    ("claim_resolution_days", {14: 96, 60: 4}, "pass"),
    ("claim_resolution_days", {15: 96, 60: 4}, "warn"),
    ("claim_resolution_days", {31: 96, 60: 4}, "hold"),
]


def verdict(check: Check, numerator: int, denominator: int) -> str:
    """Return the verdict by the thresholds that ship."""
    scale = BASELINE if check.unit is Unit.TIMES_BASELINE else 1.0
    return verdict_of(
        numerator=numerator,
        denominator=denominator,
        direction=check.direction,
        pass_at=check.limits["pass"] * scale,
        hold_at=check.limits["hold"] * scale,
        per=100 if check.unit is Unit.PER_100 else 1,
        minimum=check.minimum_observations,
        bound=check.decides,
    ).verdict


@pytest.mark.parametrize("line", TABLE.strip().splitlines()[1:], ids=lambda line: line.split("|")[0].strip())
def test_at_the_boundaries(line: str) -> None:
    """On each boundary the better verdict stands, and one more that is wrong gives the worse one."""
    name, *numbers = (cell.strip() for cell in line.split("|"))
    of, passes, warns, not_held, passing = map(int, numbers)
    check = CHECKS[name]
    worse = -1 if check.direction is Direction.HIGHER_IS_BETTER else 1
    assert verdict(check, passes, of) == "pass"
    assert verdict(check, passes + worse, of) == "warn"
    assert verdict(check, warns, of) == "warn"
    if 0 <= warns + worse <= of:
        assert verdict(check, warns + worse, of) == "hold"

    spotless = [n if worse == -1 else 0 for n in (not_held - 1, not_held, passing - 1, passing)]
    sizes = (not_held - 1, not_held, passing - 1, passing)
    said = [verdict(check, k, n) for k, n in zip(spotless, sizes, strict=True)]
    assert said[0] in ("insufficient", "hold")
    assert said[1] in ("pass", "warn")
    assert said[2] != "pass"
    assert said[3] == "pass"


def test_every_check_that_counts_is_in_the_table() -> None:
    """A new check has to show its boundaries."""
    shown = {line.split("|")[0].strip() for line in TABLE.strip().splitlines()[1:]}

    assert shown == {name for name, check in CHECKS.items() if check.measure is Measure.RATE}
    assert {name for name, _, _ in AMOUNTS} == {
        name for name, check in CHECKS.items() if check.measure is Measure.QUANTILE
    }


@pytest.mark.parametrize(("name", "amounts", "expected"), AMOUNTS)
def test_amounts(name: str, amounts: dict[int, int], expected: str) -> None:
    """The amount that the share stays within is judged at its worse end."""
    check = CHECKS[name]
    judged = quantile_verdict_of(
        list(amounts.items()),
        quantile=check.quantile,
        pass_at=check.limits["pass"],
        hold_at=check.limits["hold"],
        minimum=check.minimum_observations,
    )

    assert judged.verdict == expected
