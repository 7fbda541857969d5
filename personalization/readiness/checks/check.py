"""What a readiness check is: a name, an owner, one sentence of meaning, and what is enough."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

MINIMUM_OBSERVATIONS = 30  # T11, our choice


class Direction(StrEnum):
    """Whether more of the value is better or worse for the customer."""

    HIGHER_IS_BETTER = "higher is better"
    LOWER_IS_BETTER = "lower is better"


class Measure(StrEnum):
    """How a check comes to its value."""

    FEED = "feed"  # how long nothing has come in
    RATE = "rate"  # so many of so many, with Wilson's interval
    QUANTILE = "quantile"  # the amount that a share of all observations stays within
    FAULTS = "faults"  # rules and texts that are missing or contradict one another: one is too many


class Unit(StrEnum):
    """How a check's value and its thresholds are counted."""

    SHARE = "share"  # 0 to 1
    PER_100 = "per 100"
    HOURS = "hours"
    DAYS = "days"
    TIMES_BASELINE = "times baseline"  # value is a share, thresholds are multiples of the shop's own baseline
    FAULTS = "faults"


class Bound(StrEnum):
    """Which end of the interval decides: the one worse for the customer (T11), or, for an alarm, the better one.

    An alarm says that something changed; it needs proof, for a small shop's numbers swing without any reason.
    """

    WORSE = "worse"
    BETTER = "better"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One readiness check.

    owner is a role. limits holds what ``[thresholds.<name>]`` in shop.toml may override, in the check's unit. needs
    names the tables without which it cannot be answered. scopes names the kinds (carrier, region, category) that can
    fail it by themselves; those of must_show have to pass it by themselves too, the others are held only beyond doubt.
    counted says what is counted, with {days} for the window; found is the sentence of the
    result: {value}, {n} observations, {k} of them that count, {counted}, and {usual} for the shop's own baseline.
    quantile is the share of the observations that must stay within the limits of a check that measures amounts.
    """

    name: str
    family: str
    owner: str
    meaning: str
    measure: Measure
    direction: Direction
    unit: Unit
    limits: Mapping[str, float]
    source: str
    window_days: int
    needs: tuple[str, ...]
    counted: str = ""
    found: str = ""
    scopes: tuple[str, ...] = ()
    must_show: tuple[str, ...] = ()
    quantile: float = 0.5
    decides: Bound = Bound.WORSE
    minimum_observations: int = MINIMUM_OBSERVATIONS
