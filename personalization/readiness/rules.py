"""By which rules a shop's readiness is judged: its programs, thresholds, clock, and words for the next step."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from personalization.settings import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a shop's settings say of readiness.

    thresholds holds, by check, what takes the place of its limits. timezone is the shop's. next_steps maps a state of
    an order to the shop's own words for what to do next.
    """

    programs: Mapping[str, Program]
    thresholds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    timezone: str = "UTC"
    next_steps: Mapping[str, str] = field(default_factory=dict)
