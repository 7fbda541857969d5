"""The readiness checks, by family: what each means, who owns it, and where its thresholds come from."""

from personalization.readiness.checks.check import MINIMUM_OBSERVATIONS, Bound, Check, Direction, Measure, Unit
from personalization.readiness.checks.registry import CHECKS, WATCHED, limits_of, required_checks

__all__ = [
    "CHECKS",
    "MINIMUM_OBSERVATIONS",
    "WATCHED",
    "Bound",
    "Check",
    "Direction",
    "Measure",
    "Unit",
    "limits_of",
    "required_checks",
]
