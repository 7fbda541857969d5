"""Faults of rules and texts: what is missing or contradicts itself, found by reading, not by counting. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

_RULES = ("window_days", "is_exchange_first", "refund_sla_days", "exclusions")
_NEEDED = ("window_days", "refund_sla_days")  # what a policy on returns has to say
REVIEW_DAYS = 180  # R20, our choice
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


def touchpoint_faults(
    touchpoints: Sequence[Mapping[str, Any]],
    policies: Sequence[Mapping[str, Any]],
    *,
    night_on: date,
    next_steps: Mapping[str, str],
) -> Faults:
    """Return where touchpoints contradict one another, the shop's own next step, or the policy (R12): with both texts.

    touchpoints and policies: rows of these tables. *next_steps* maps a state to the shop's own words for it. The days
    told when an order is delivered are those of returns, those told of a return the days to the refund.
    """
    states: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in sorted(touchpoints, key=lambda row: (row["state"], row["touchpoint"])):
        states[row["state"]].append(row)
    found: list[str] = []
    for state, texts in states.items():
        own = next_steps.get(state)
        found.extend(_differing(state, "next_step", texts, own=own))
        found.extend(_differing(state, "link", texts))
        found.extend(_differing(state, "days", texts))
        found.extend(_against_policy(state, texts, policies, night_on))
    found.extend(f"No touchpoint says what to do when an order is {_spoken(s)}." for s in next_steps if s not in states)
    return Faults(checked=len(touchpoints), found=tuple(found))


_SAYS = {"next_step": "says", "link": "leads to", "days": "speaks of"}


def _differing(state: str, name: str, texts: Sequence[Mapping[str, Any]], *, own: str | None = None) -> Sequence[str]:
    """Return the touchpoints that say something else than the shop's own words, or than most touchpoints do."""
    said = [(row["touchpoint"], row[name]) for row in texts if row[name] not in (None, "")]
    if not said:
        return []
    counted: dict[str, int] = defaultdict(int)
    for _, value in said:
        counted[_plain(value)] += 1
    usual = _plain(own) if own else max(counted, key=lambda value: (counted[value], value))
    whose = "the shop's own next step" if own else next(name for name, value in said if _plain(value) == usual)
    right = own or next(value for _, value in said if _plain(value) == usual)
    return [
        f"When an order is {_spoken(state)}, {touchpoint} {_SAYS[name]} {_quoted(name, value)}, but {whose} "
        f"{'is' if own else _SAYS[name]} {_quoted(name, right)}."
        for touchpoint, value in said
        if _plain(value) != usual
    ]


def _against_policy(
    state: str, texts: Sequence[Mapping[str, Any]], policies: Sequence[Mapping[str, Any]], night_on: date
) -> Sequence[str]:
    rule = {"delivered": "window_days", "return_requested": "refund_sla_days"}.get(state)
    valid = [
        row
        for row in policies
        if any(word in row["policy_id"].casefold() for word in _ABOUT_RETURNS)
        and row["valid_from_on"] <= night_on
        and (row["valid_to_on"] is None or row["valid_to_on"] >= night_on)
    ]
    if rule is None or len(valid) != 1 or valid[0][rule] is None:
        return []
    days = valid[0][rule]
    return [
        f"When an order is {_spoken(state)}, {row['touchpoint']} promises '{row['promise'] or row['next_step']}' "
        f"with {row['days']} days, but the policy '{valid[0]['policy_id']}' gives {days}."
        for row in texts
        if row["days"] is not None and int(row["days"]) != days
    ]


def review_faults(
    touchpoints: Sequence[Mapping[str, Any]], policies: Sequence[Mapping[str, Any]], *, night_on: date
) -> Faults:
    """Return the touchpoints that nobody has read for 180 days, or since the policy changed (R20).

    A touchpoint without a day of its last review counts as never read.
    """
    changed_on = max((row["valid_from_on"] for row in policies if row["valid_from_on"] <= night_on), default=date.min)
    oldest: dict[str, date] = {}
    for row in sorted(touchpoints, key=lambda row: row["touchpoint"]):
        reviewed_on = row["last_reviewed_on"] or date.min
        oldest[row["touchpoint"]] = min(reviewed_on, oldest.get(row["touchpoint"], date.max))
    found = []
    for touchpoint, reviewed_on in oldest.items():
        when = "never" if reviewed_on == date.min else f"last on {reviewed_on}"
        if reviewed_on < changed_on:
            found.append(f"{touchpoint.capitalize()}: reviewed {when}, before the policy of {changed_on}.")
        elif (night_on - reviewed_on).days > REVIEW_DAYS:
            found.append(f"{touchpoint.capitalize()}: reviewed {when}, more than {REVIEW_DAYS} days ago.")
    return Faults(checked=len(oldest), found=tuple(found))


def _plain(value: Any) -> str:
    """Return a text as it is compared: without case, outer blanks, and a full stop or slash at its end."""
    return " ".join(str(value).casefold().split()).rstrip("./")


def _quoted(name: str, value: Any) -> str:
    return f"{value} days" if name == "days" else f"'{value}'"


def _spoken(state: str) -> str:
    return state.replace("_", " ")


def _told(value: Any) -> str:
    if value is None:
        return "nothing"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
