"""The signs that speak for policy, workflow or software, at and beside their limits (R16, R20, R22)."""

from datetime import date
from typing import Any

import pytest

from personalization.diagnosis.evidence import Evidence
from personalization.diagnosis.signals import Signal, by_name, is_software_justified, signals_of
from personalization.diagnosis.stages import audit_stages

EMPTY = Evidence(
    run_date=date(2011, 11, 20),
    window_days=90,
    present=frozenset({"policies", "touchpoints", "tickets"}),
    base=(),
    amounts={},
    return_rows=(),
    retention=(),
    friction={},
    failures=(),
    shares={},
    times={},
    trend=(),
    after_mail=(),
    carriers=(),
    joins={},
    policies=(
        {
            "policy_id": "returns",
            "valid_from_on": date(2011, 1, 1),
            "window_days": 30,
            "refund_sla_days": 14,
            "owner": "a",
        },
    ),
    touchpoints=(),
    load_by_day=(),
    load_by_age=(),
    kpis=(),
    lanes=(),
)


def with_(**changes: Any) -> Evidence:
    fields = {name: getattr(EMPTY, name) for name in EMPTY.__dataclass_fields__}
    return Evidence(**{**fields, **changes})


def seen(name: str, programs: int = 1, **changes: Any) -> bool | None:
    return by_name(signals_of(with_(**changes), programs=programs))[name].is_seen


@pytest.mark.parametrize(
    ("after_mail", "asked", "is_seen"), [(15, 30, False), (16, 30, True), (29, 29, None), (0, 0, None)]
)
def test_asked_in_spite_of_tracking_mail(after_mail: int, asked: int, is_seen: bool | None) -> None:
    """More than half had the mail: wording, not platform; under 30 questions say nothing (R16)."""
    shares = {"wismo_after_mail": (after_mail, asked)}

    assert seen("asked in spite of tracking mail", shares=shares) is is_seen


@pytest.mark.parametrize(
    ("people", "types", "is_seen"), [(80, 3, False), (81, 3, True), (100, 1, False)], ids=["80 %", "81 %", "one type"]
)
def test_generic_mail(people: int, types: int, is_seen: bool) -> None:
    """One program that reaches over 80 % of people with different products is generic."""
    rows = ({"program": "guide", "people": people, "product_types": types, "everyone": 100},)

    assert seen("generic mail after delivery", after_mail=rows) is is_seen


@pytest.mark.parametrize(("hours", "is_seen"), [(28, False), (29, True)])
def test_inconsistent_timing(hours: float, is_seen: bool) -> None:
    """The same program by mail and by text, more than a day apart."""
    times = {
        "mail/notice/email": {"observed": 30, "median": 4.0},
        "mail/notice/sms": {"observed": 30, "median": hours},
        "mail/other/sms": {"observed": 30, "median": 900.0},  # speaks of something else
    }

    assert seen("inconsistent timing", times=times) is is_seen


# newest first: orders and questions of three periods of 30 days
@pytest.mark.parametrize(
    ("counts", "is_seen"),
    [([90, 60, 40], True), ([90, 40, 60], False), ([42, 41, 40], False), ([40, 60, 90], False)],
    ids=["rising", "not twice in a row", "by chance", "falling"],
)
def test_rising_tickets(counts: list[int], is_seen: bool) -> None:
    """The rate rises twice in a row, and by more than chance."""
    trend = tuple(
        {"period": place, "orders": 1000, "wismo": count, "return_tickets": 0} for place, count in enumerate(counts)
    )

    assert seen("rising tickets despite policy", trend=trend) is is_seen


def test_rising_tickets_without_a_policy_are_no_sign_for_software() -> None:
    """First the policy has to be clear."""
    trend = tuple(
        {"period": place, "orders": 1000, "wismo": 90 - 25 * place, "return_tickets": 0} for place in range(3)
    )

    assert seen("rising tickets despite policy", trend=trend, policies=()) is False


@pytest.mark.parametrize(("matched", "is_seen"), [(90, False), (89, True)])
def test_tools_that_do_not_join(matched: int, is_seen: bool) -> None:
    """Under 90 % of the tickets find their order."""
    assert seen("tools that do not join", joins={"tickets to orders": (matched, 100)}) is is_seen


@pytest.mark.parametrize(("programs", "is_seen"), [(2, False), (3, True)])
def test_personalisation_beyond_basics(programs: int, is_seen: bool) -> None:
    """Three programs or more."""
    assert seen("personalisation beyond basics", programs=programs) is is_seen


def sign(name: str, speaks_for: str, *, is_seen: bool | None = True, stage: str = "in_transit") -> Signal:
    return Signal(name=name, speaks_for=speaks_for, stages=(stage,), is_seen=is_seen, finding="", source="")


# the signs seen in a stage -> what is at fault
VERDICTS = [
    ([], "none"),
    ([sign("a", "policy"), sign("b", "workflow")], "policy"),
    ([sign("b", "workflow"), *(sign(name, "software") for name in "cde")], "workflow"),
    ([sign(name, "software") for name in "cde"], "software"),
    ([sign(name, "software") for name in "cd"], "none"),
    ([sign("c", "software"), *(sign(name, "software", stage="onboarding") for name in "de")], "software"),
    ([sign("a", "policy", is_seen=None), sign("b", "workflow", is_seen=False)], "none"),
]


@pytest.mark.parametrize(("signs", "verdict"), VERDICTS)
def test_what_is_at_fault(signs: list[Signal], verdict: str) -> None:
    """Policy before workflow before software, which needs three signs in the whole shop (R4, R22)."""
    failures = ({"stage": "in_transit", "kind": "ticket", "word": "wismo", "failures": 3, "customers": 2},)
    shown = {
        "generic mail after delivery": sign(
            "generic mail after delivery", "workflow", is_seen=False, stage="onboarding"
        )
    }
    audits = {audit.stage: audit for audit in audit_stages(with_(failures=failures), [*signs, *shown.values()])}

    assert audits["in_transit"].verdict == verdict
    assert audits["in_transit"].complaint == "Where is my order? (3 times, 2 customers)"


@pytest.mark.parametrize(("count", "is_justified"), [(2, False), (3, True)])
def test_software_needs_three_signs(count: int, is_justified: bool) -> None:
    """Two are not enough."""
    assert is_software_justified([sign(str(place), "software") for place in range(count)]) is is_justified
