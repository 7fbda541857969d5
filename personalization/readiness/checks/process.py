"""Checks on the work behind the parcels: does somebody answer for each stage, and do the rules agree."""

from personalization.readiness.checks.check import Check, Direction, Measure, Unit

CHECKS = (
    Check(
        name="policy_consistent",
        family="process",
        owner="returns owner",
        meaning="Of every policy one version is valid, and it says what it has to.",
        measure=Measure.FAULTS,
        direction=Direction.LOWER_IS_BETTER,
        unit=Unit.FAULTS,
        limits={"pass": 0, "hold": 0},
        source="R8, R20, R31: a policy that contradicts itself is no policy; one fault holds (our choice)",
        window_days=0,
        needs=("policies",),
        counted="policies",
    ),
    Check(
        name="one_owner",
        family="process",
        owner="operations lead",
        meaning="For every state of an order one owner answers for what customers are told.",
        measure=Measure.FAULTS,
        direction=Direction.LOWER_IS_BETTER,
        unit=Unit.FAULTS,
        limits={"pass": 0, "hold": 0},
        source="R32: exactly one accountable owner; one fault holds (our choice)",
        window_days=0,
        needs=("touchpoints",),
        counted="states of an order",
    ),
)
