"""What customers are told: contradictions with both texts, gaps in policies, what is outdated, unowned or unwritten."""

from datetime import date
from typing import Any

import pytest

from personalization.diagnosis import told

RUN_DATE = date(2011, 11, 20)
POLICY = {
    "policy_id": "returns",
    "version": "2",
    "valid_from_on": date(2011, 9, 1),
    "valid_to_on": None,
    "window_days": 30,
    "refund_sla_days": 14,
    "owner": "returns owner",
}


def touchpoint(where: str, **said: Any) -> dict[str, Any]:
    usual = {"state": "delivered", "next_step": "unpack", "promise": None, "days": None, "owner": "support lead"}
    return {"touchpoint": where, "last_reviewed_on": RUN_DATE, **usual, **said}


# what two touchpoints say in the same state -> do they contradict one another?
CASES = [
    ({"days": 14}, {"days": 30}, True),
    ({"days": 30}, {"days": 30}, False),
    ({"days": None}, {"days": 30}, False),
    ({"next_step": "Unpack "}, {"next_step": "unpack"}, False),
    ({"next_step": "write to us"}, {"next_step": "unpack"}, True),
    ({"promise": "returns within 14 days"}, {"promise": "returns within 30 days"}, True),
    ({"promise": "30 days to return"}, {"promise": "returns within 30 days"}, False),
    ({"promise": "easy returns"}, {"promise": "returns within 30 days"}, False),
    ({"state": "in_transit", "days": 14}, {"days": 30}, False),
]


@pytest.mark.parametrize(("one", "other", "is_contradiction"), CASES)
def test_contradictions(one: dict[str, Any], other: dict[str, Any], is_contradiction: bool) -> None:
    """Next step, days and the numbers in a promise must agree; wording may differ."""
    found = told.contradictions([touchpoint("emails", **one), touchpoint("tracking page", **other)])

    assert bool(found) is is_contradiction


def test_a_contradiction_names_both_texts() -> None:
    """The manager sees who says what."""
    [text] = told.contradictions([touchpoint("emails", days=14), touchpoint("macros", days=30)])

    assert text == "delivered, days: emails says “14” but macros says “30”"


@pytest.mark.parametrize(
    ("policies", "gaps"),
    [
        ([POLICY], []),
        ([], ["no policy is in force"]),
        ([{**POLICY, "window_days": None}], ["policy returns: the return window is missing"]),
        ([{**POLICY, "owner": ""}], ["policy returns: the owner is missing"]),
        ([POLICY, {**POLICY, "version": "3"}], ["policy returns: 2 versions are in force at once"]),
    ],
)
def test_policy_gaps(policies: list[dict[str, Any]], gaps: list[str]) -> None:
    """A clear policy has a window, days until the refund, an owner and one version in force."""
    assert told.policy_gaps(policies) == gaps


@pytest.mark.parametrize(
    ("reviewed_on", "policy_from", "is_late"),
    [
        (date(2011, 5, 24), date(2011, 1, 1), False),  # 180 days ago
        (date(2011, 5, 23), date(2011, 1, 1), True),
        (date(2011, 9, 1), date(2011, 9, 1), False),
        (date(2011, 8, 31), date(2011, 9, 1), True),  # older than the policy
        (None, date(2011, 9, 1), False),
    ],
)
def test_outdated(reviewed_on: date | None, policy_from: date, is_late: bool) -> None:
    """Help content is outdated after 180 days, or once the policy in force is newer."""
    rows = [touchpoint("help centre", last_reviewed_on=reviewed_on)]
    found = told.outdated(rows, [{**POLICY, "valid_from_on": policy_from}], run_date=RUN_DATE)

    assert bool(found) is is_late


def test_what_nobody_owns_and_what_is_not_written() -> None:
    """A touchpoint without an owner is named, and so is each stage in which nothing is said."""
    rows = [touchpoint("emails", owner=None), touchpoint("tracking page", state="in_transit")]

    assert told.without_owner(rows) == ["emails"]
    assert told.undocumented(rows) == ["confirmation", "fulfilment", "issue_resolution", "return_exchange"]
