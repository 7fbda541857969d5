"""Checks on parcels: are they traced, do they arrive when they were promised, and is help there when they do not."""

from personalization.readiness.checks.check import Check, Direction, Measure, Unit

CHECKS = (
    Check(
        name="tracking_coverage",
        family="tracking",
        owner="logistics",
        meaning="Parcels that left in the last 30 days have a tracking number.",
        measure=Measure.RATE,
        direction=Direction.HIGHER_IS_BETTER,
        unit=Unit.SHARE,
        # 88 %: a spotless record of 30 parcels, the fewest that count, opens the gate (its interval starts at 88.6 %).
        limits={"pass": 0.95, "hold": 0.88},
        source="R6: 95 % (our choice); hold under 88 %: our choice",
        window_days=30,
        needs=("shipments",),
        counted="parcels that left in the last {days} days",
        found="{value} of {n} {counted} have a tracking number",
        scopes=("carrier", "region"),
    ),
    Check(
        name="on_time_share",
        family="tracking",
        owner="logistics",
        meaning="Parcels due in the last 30 days arrived by the promised day or the day after.",
        measure=Measure.RATE,
        direction=Direction.HIGHER_IS_BETTER,
        unit=Unit.SHARE,
        limits={"pass": 0.93, "hold": 0.88},
        source="T2: with a day's grace 93 % passes and under 88 % holds (our choice between carriers' published rates)",
        window_days=30,
        needs=("shipments",),
        counted="parcels due in the last {days} days",
        found="{value} of {n} {counted} arrived by the promised day or the day after",
        scopes=("carrier", "region"),
    ),
)
