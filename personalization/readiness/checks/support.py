"""Checks on support: do few have to ask, and do those who ask get an answer."""

from personalization.readiness.checks.check import Check, Direction, Measure, Unit

CHECKS = (
    Check(
        name="wismo_per_100_orders",
        family="support",
        owner="support lead",
        meaning="Few customers have to ask where their order is.",
        measure=Measure.RATE,
        direction=Direction.LOWER_IS_BETTER,
        unit=Unit.PER_100,
        limits={"pass": 1.5, "hold": 3},
        source="T1: 1.1 to 1.2 per 100 orders is usual; 1.5 passes and over 3 holds (our choice)",
        window_days=28,
        needs=("tickets",),
        counted="orders in the last {days} days",
        found="{k} tickets ask where an order is, for {n} {counted}: {value}",
    ),
)
