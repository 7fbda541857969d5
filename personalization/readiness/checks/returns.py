"""Checks on returns: does more come back than usual, and is what comes back settled as was promised."""

from personalization.readiness.checks.check import Check, Direction, Measure, Unit

CHECKS = (
    Check(
        name="refund_share",
        family="returns",
        owner="returns owner",
        meaning="No more orders than usual in this shop are refunded or sent back for a refund within 14 days.",
        measure=Measure.RATE,
        direction=Direction.LOWER_IS_BETTER,
        unit=Unit.TIMES_BASELINE,
        # A shop where next to nothing comes back is not held for a handful: its baseline counts as 4 % at least, so
        # that 5 %, the return rate of the category with the fewest returns (T4, beauty), always passes.
        limits={"pass": 1.25, "hold": 1.5, "baseline_at_least": 0.04},
        source="T4: against the shop's own 90 days, warn from +25 %, hold from +50 % (our choice)",
        window_days=28,
        needs=("returns",),
        counted="orders placed two to six weeks ago",
        found="{value} of {n} {counted} were refunded or asked to be, within 14 days; {usual} is usual here",
    ),
)
