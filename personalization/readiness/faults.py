"""Faults of rules and texts: what is missing or contradicts itself, found by reading, not by counting. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

_RULES = ("window_days", "is_exchange_first", "refund_sla_days", "exclusions")
_NEEDED = ("window_days", "refund_sla_days")  # what a policy on returns has to say
_ABOUT_RETURNS = ("return", "refund", "exchange")


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How many rules or texts were looked at, and what is wrong with them, a sentence each."""

    checked: int
    found: tuple[str, ...]


def policy_faults(policies: Sequence[Mapping[str, Any]], *, night_on: date) -> Faults:
    """Return what is wrong with the policies as they stand on *night_on* (R8, R20): rows of the table policies.

    A policy needs exactly one set of rules on every day, an owner, and for returns a window and the days to a refund.
    """
    versions: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in sorted(policies, key=lambda row: (row["policy_id"], row["valid_from_on"], row["version"])):
        if row["valid_from_on"] <= night_on:
            versions[row["policy_id"]].append(row)
    found: list[str] = []
    for policy, known in versions.items():
        valid = [row for row in known if row["valid_to_on"] is None or row["valid_to_on"] >= night_on]
        if not valid:
            newest = max(known, key=lambda row: row["valid_to_on"])
            ended = f"version {newest['version']} ended on {newest['valid_to_on']}"
            found.append(f"No version of the policy '{policy}' is valid: {ended}.")
        found.extend(_contradictions(policy, valid))
        found.extend(_gaps(policy, valid))
    return Faults(checked=len(versions), found=tuple(found))


def _contradictions(policy: str, valid: Sequence[Mapping[str, Any]]) -> list[str]:
    if len(valid) < 2:
        return []
    differing = [
        f"{rule.replace('_', ' ')} {_listed([_told(row[rule]) for row in valid])}"
        for rule in _RULES
        if len({row[rule] for row in valid}) > 1
    ]
    names = _listed([row["version"] for row in valid])
    if not differing:
        return []
    return [f"Versions {names} of the policy '{policy}' are valid on the same day and differ: {'; '.join(differing)}."]


def _gaps(policy: str, valid: Sequence[Mapping[str, Any]]) -> list[str]:
    is_about_returns = any(word in policy.casefold() for word in _ABOUT_RETURNS)
    found = []
    for row in valid:
        missing = [name for name in _NEEDED if is_about_returns and row[name] is None]
        missing.extend(["owner"] if not (row["owner"] or "").strip() else [])
        if missing:
            said = _listed([name.replace("_", " ") for name in missing])
            found.append(f"Version {row['version']} of the policy '{policy}' does not say: {said}.")
    return found


def owner_faults(touchpoints: Sequence[Mapping[str, Any]]) -> Faults:
    """Return the states of an order for which not exactly one owner answers (R32): rows of the table touchpoints.

    Owners are counted, not named: they may be people.
    """
    states: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in sorted(touchpoints, key=lambda row: (row["state"], row["touchpoint"])):
        states[row["state"]].append(row)
    found = []
    for state, texts in states.items():
        owners = {(row["owner"] or "").strip().casefold() for row in texts} - {""}
        ownerless = [row["touchpoint"] for row in texts if not (row["owner"] or "").strip()]
        told = f"what customers are told when an order is {state.replace('_', ' ')}"
        if not owners:
            found.append(f"Nobody owns {told}.")
        elif len(owners) > 1:
            found.append(f"{len(owners)} owners share {told}; one has to answer for it.")
        elif ownerless:
            found.append(f"Nobody owns {told} by {_listed(ownerless)}.")
    return Faults(checked=len(states), found=tuple(found))


def _told(value: Any) -> str:
    if value is None:
        return "nothing"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
