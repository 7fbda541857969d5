"""Which rules and texts are faulty, and what is said of them; a table to read.

The night is 16 November 2011. A policy's cells: version, from, to, window in days, days to a refund, owner.
"""

from datetime import date
from typing import Any

import pytest

from personalization.readiness.faults import owner_faults, policy_faults, review_faults, touchpoint_faults

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


# touchpoint, state, next step, link, days, last reviewed -> what contradicts what
SITE = "https://s.example"
SAME = [
    "emails | in_transit | follow the parcel | https://s.example/tracking | 3 | 2011-09-05",
    "help centre | in_transit | Follow the  parcel. | https://s.example/tracking/ | 3 | 2011-09-05",
    "macros | in_transit | follow the parcel | https://s.example/tracking | 3 | 2011-09-05",
]
TOUCHPOINTS: dict[str, tuple[list[str], dict[str, str], list[str]]] = {
    "all the same": (SAME, {}, []),
    "another step": (
        [*SAME[:2], "macros | in_transit | call the carrier | - | - | 2011-09-05"],
        {},
        ["When an order is in transit, macros says 'call the carrier', but emails says 'follow the parcel'."],
    ),
    "another link": (
        [*SAME[:2], "macros | in_transit | follow the parcel | https://s.example/orders | 3 | 2011-09-05"],
        {},
        [f"When an order is in transit, macros leads to '{SITE}/orders', but emails leads to '{SITE}/tracking'."],
    ),
    "other days": (
        [*SAME[:2], "macros | in_transit | follow the parcel | - | 5 | 2011-09-05"],
        {},
        ["When an order is in transit, macros speaks of 5 days, but emails speaks of 3 days."],
    ),
    "not the shop's own step": (
        SAME[:1],
        {"in_transit": "Wait."},
        ["When an order is in transit, emails says 'follow the parcel', but the shop's own next step is 'Wait.'."],
    ),
    "nothing said": (
        SAME,
        {"in_transit": "Follow the parcel", "stalled": "Write to us."},
        ["No touchpoint says what to do when an order is stalled."],
    ),
    "other days than the policy": (
        [
            "emails | delivered | unpack | - | 14 | 2011-09-05",
            "macros | return_requested | send it | - | 14 | 2011-09-05",
        ],
        {},
        ["When an order is delivered, emails promises 'unpack' with 14 days, but the policy 'returns' gives 30."],
    ),
}

# when touchpoints were last read -> what is too old; the policy changed on 1 June 2010
REVIEWS = {
    "lately": (["emails | delivered | unpack | - | - | 2011-05-20"], []),
    "180 days ago": (["emails | delivered | unpack | - | - | 2011-05-20"], []),
    "181 days ago": (
        ["emails | delivered | unpack | - | - | 2011-05-19"],
        ["Emails: reviewed last on 2011-05-19, more than 180 days ago."],
    ),
    "before the policy": (
        ["emails | delivered | unpack | - | - | 2010-05-31"],
        ["Emails: reviewed last on 2010-05-31, before the policy of 2010-06-01."],
    ),
    "never": (
        ["emails | delivered | unpack | - | - | -", "emails | stalled | write | - | - | 2011-11-01"],
        ["Emails: reviewed never, before the policy of 2010-06-01."],
    ),
}


def touchpoint(line: str) -> dict[str, Any]:
    """Return a row of the table touchpoints."""
    name, state, step, link, days, reviewed = cells(line)
    return {
        "touchpoint": name,
        "state": state,
        "next_step": step,
        "promise": None,
        "link": link,
        "days": days,
        "last_reviewed_on": date.fromisoformat(reviewed) if reviewed else None,
    }


@pytest.mark.parametrize("name", TOUCHPOINTS)
def test_touchpoints(name: str) -> None:
    """Wherever a customer looks, the same next step is named, with the same link and days."""
    lines, own, found = TOUCHPOINTS[name]
    policies = [policy("2 | 2010-06-01 | - | 30 | 14 | care")]
    faults = touchpoint_faults([touchpoint(line) for line in lines], policies, night_on=NIGHT, next_steps=own)

    assert list(faults.found) == found


@pytest.mark.parametrize("name", REVIEWS)
def test_reviews(name: str) -> None:
    """What customers are told is read again within 180 days, and after the policy changed."""
    lines, found = REVIEWS[name]
    policies = [policy("2 | 2010-06-01 | - | 30 | 14 | care"), policy("3 | 2011-12-01 | - | 30 | 14 | care")]

    assert list(review_faults([touchpoint(line) for line in lines], policies, night_on=NIGHT).found) == found
