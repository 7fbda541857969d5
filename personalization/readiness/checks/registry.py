"""All readiness checks by name, what a shop's own thresholds make of them, and which a program requires.

T1 to T11 are the sources of thresholds in the product's requirements; what no public source gives says "our choice".
"""

import math
from collections.abc import Mapping

from personalization.errors import ConfigurationInvalid
from personalization.readiness.checks import claims, data, messaging, process, returns, support, tracking
from personalization.readiness.checks.check import Check, Direction, Unit
from personalization.settings import Program, suggest

FAMILIES = (data, tracking, returns, support, claims, messaging, process)
CHECKS: Mapping[str, Check] = {check.name: check for family in FAMILIES for check in family.CHECKS}
WATCHED = ""  # the program of the checks that no program requires: they are told, and hold nothing


def limits_of(thresholds: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """Return the limits of every check, with those of shop.toml's ``[thresholds.<check>]`` in their place.

    Raises ConfigurationInvalid for an unknown check or key, and for limits that contradict one another.
    """
    for check, given in thresholds.items():
        if check not in CHECKS:
            raise ConfigurationInvalid(f"shop.toml: thresholds.{check}: unknown check{suggest(check, list(CHECKS))}")
        for key in given:
            if key not in CHECKS[check].limits:
                known = suggest(key, list(CHECKS[check].limits))
                raise ConfigurationInvalid(f"shop.toml: thresholds.{check}.{key}: unknown key{known}")
    return {name: _checked(check, {**check.limits, **thresholds.get(name, {})}) for name, check in CHECKS.items()}


def _checked(check: Check, limits: dict[str, float]) -> dict[str, float]:
    top = 1.0 if check.unit is Unit.SHARE else math.inf
    for key, value in limits.items():
        if not (math.isfinite(value) and 0 <= value <= top):
            allowed = "a share from 0 to 1" if check.unit is Unit.SHARE else "a number of 0 or more"
            raise ConfigurationInvalid(f"shop.toml: thresholds.{check.name}.{key}: {value} is not {allowed}")
    is_higher_better = check.direction is Direction.HIGHER_IS_BETTER
    if (limits["pass"] < limits["hold"]) if is_higher_better else (limits["pass"] > limits["hold"]):
        rule = "pass must not be under hold" if is_higher_better else "pass must not be over hold"
        raise ConfigurationInvalid(
            f"shop.toml: thresholds.{check.name}: {rule} ({check.direction}), but pass = {limits['pass']:g} and "
            f"hold = {limits['hold']:g}"
        )
    return limits


def required_checks(programs: Mapping[str, Program]) -> dict[str, tuple[Check, ...]]:
    """Return, for each program in the order of names, the checks it requires; a service program is never locked.

    The checks that nobody requires stand under WATCHED.
    Raises ConfigurationInvalid where a program names an unknown check.
    """
    for name, program in programs.items():
        for check in program.requires:
            if check not in CHECKS:
                known = suggest(check, list(CHECKS))
                raise ConfigurationInvalid(f"shop.toml: programs.{name}.requires: unknown check '{check}'{known}")
    required = {
        name: tuple(CHECKS[check] for check in sorted(set(program.requires))) if program.kind != "service" else ()
        for name, program in sorted(programs.items())
    }
    wanted = {check.name for checks in required.values() for check in checks}
    return {WATCHED: tuple(CHECKS[name] for name in sorted(set(CHECKS) - wanted)), **required}
