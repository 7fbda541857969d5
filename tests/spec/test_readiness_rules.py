"""Which rules and texts are faulty, and what is said of them; a table to read.

The night is 16 November 2011. A policy's cells: version, from, to, window in days, days to a refund, owner.
"""

from datetime import date
from typing import Any

import pytest

from personalization.readiness.faults import owner_faults, policy_faults

NIGHT = date(2011, 11, 16)

# what the shop has written down -> what is wrong with it
POLICIES = {
    "one version": (["1 | 2010-06-01 | - | 30 | 14 | care"], []),
    "one after the other": (
        ["1 | 2009-01-01 | 2010-05-31 | 14 | 21 | care", "2 | 2010-06-01 | - | 30 | 14 | care"],
        [],
    ),
    "changes tonight": (
        ["1 | 2009-01-01 | 2011-11-15 | 14 | 21 | care", "2 | 2011-11-16 | - | 30 | 14 | care"],
        [],
    ),
    "overlap tonight": (
        ["1 | 2009-01-01 | 2011-11-16 | 14 | 14 | care", "2 | 2011-11-16 | - | 30 | 14 | care"],
        ["Versions 1 and 2 of the policy 'returns' are valid on the same day and differ: window days 14 and 30."],
    ),
    "overlap, but say the same": (
        ["1 | 2009-01-01 | - | 30 | 14 | care", "2 | 2011-11-16 | - | 30 | 14 | care"],
        [],
    ),
    "overlap from tomorrow on": (
        ["1 | 2009-01-01 | - | 14 | 14 | care", "2 | 2011-11-17 | - | 30 | 14 | care"],
        [],
    ),
    "ended": (
        ["1 | 2009-01-01 | 2011-11-15 | 14 | 21 | care"],
        ["No version of the policy 'returns' is valid: version 1 ended on 2011-11-15."],
    ),
    "gaps": (
        ["1 | 2009-01-01 | - | - | 21 | -"],
        ["Version 1 of the policy 'returns' does not say: window days and owner."],
    ),
    "not yet": (["1 | 2011-11-17 | - | 30 | 14 | care"], []),
}

# touchpoint, state, owner -> what is wrong
OWNERS = {
    "one owner each": (["emails | delivered | care", "help centre | delivered | Care "], []),
    "nobody": (["emails | delivered | -"], ["Nobody owns what customers are told when an order is delivered."]),
    "one of two": (
        ["emails | in_transit | care", "help centre | in_transit | -"],
        ["Nobody owns what customers are told when an order is in transit by help centre."],
    ),
    "split": (
        ["emails | stalled | care", "help centre | stalled | logistics"],
        ["2 owners share what customers are told when an order is stalled; one has to answer for it."],
    ),
}


def cells(line: str) -> list[str | None]:
    """Return the cells of a line; ``-`` is nothing."""
    return [None if cell.strip() == "-" else cell.strip() for cell in line.split(" | ")]


def policy(line: str) -> dict[str, Any]:
    """Return a row of the table policies."""
    version, valid_from, valid_to, window, sla, owner = cells(line)
    return {
        "policy_id": "returns",
        "version": version,
        "valid_from_on": date.fromisoformat(str(valid_from)),
        "valid_to_on": date.fromisoformat(valid_to) if valid_to else None,
        "window_days": int(window) if window else None,
        "refund_sla_days": int(sla) if sla else None,
        "is_exchange_first": False,
        "exclusions": None,
        "owner": owner,
    }


@pytest.mark.parametrize("name", POLICIES)
def test_policies(name: str) -> None:
    """A policy needs one set of rules on every day, an owner, a window and the days to a refund."""
    lines, found = POLICIES[name]

    assert list(policy_faults([policy(line) for line in lines], night_on=NIGHT).found) == found


@pytest.mark.parametrize("name", OWNERS)
def test_owners(name: str) -> None:
    """For every state of an order exactly one owner answers; owners are counted, not named."""
    lines, found = OWNERS[name]
    rows = [dict(zip(("touchpoint", "state", "owner"), cells(line), strict=True)) for line in lines]

    assert list(owner_faults(rows).found) == found
