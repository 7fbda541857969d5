"""Which command the doctor says to type next."""

from typing import Any

import pytest

from personalization.diagnosis.doctor import INTEGRATIONS, first_workflow, next_command
from personalization.settings import Program

ALL = frozenset(table for known in INTEGRATIONS for table in known.tables)


def program(kind: str, *requires: str) -> Program:
    return Program.model_validate({"owner": "a", "metric": "b", "recurrence": "c", "kind": kind, "requires": requires})


# what lacks, what is wrong, the phase -> the command
CASES = [
    ((), "", 3, "postlude nightly --data d --date x"),
    ((), "", 2, "postlude diagnose --data d --date x --out diagnosis.html"),
    ((), "", 1, "postlude diagnose --data d --date x --out diagnosis.html"),
    ((), "orders.csv: bad", None, "postlude doctor --data d --date x"),
    (("orders", "order_lines", "customers", "products"), "", None, "postlude import shopify orders.csv --out d"),
    (("returns", "return_lines", "refunds"), "", 2, "postlude import loop returns.json --out d"),
    (("consents", "suppressions", "messages"), "", 2, "postlude import klaviyo profiles.json --out d"),
    (("messages",), "", 3, "postlude nightly --data d --date x"),  # no program needs it
]


@pytest.mark.parametrize(("lacking", "problem", "phase", "command"), CASES)
def test_the_next_command(lacking: tuple[str, ...], problem: str, phase: int | None, command: str) -> None:
    """A missing system is imported first, then what cannot be read is mended, then the phase says what is next."""
    present = ALL - set(lacking)
    rows: list[dict[str, Any]] = [{"is_present": bool(present & set(known.tables))} for known in INTEGRATIONS]
    workflow = first_workflow({"onboarding": program("education", "late")}, {"late": ("returns",)}, present)

    assert next_command(rows, data="d", night=" --date x", workflow=workflow, problem=problem, phase=phase) == command


def test_the_first_workflow_lacks_least() -> None:
    """The program with the fewest missing inputs goes first; of equals service before education before marketing."""
    programs = {
        "cross_sell": program("marketing"),
        "guide": program("education"),
        "claims": program("service", "claims_time"),
    }
    needs = {"claims_time": ("claims",)}

    found = first_workflow(programs, needs, ALL)
    assert found is not None
    assert (found["program"], found["missing"]) == ("guide", [])
    found = first_workflow(programs, needs, ALL | {"claims"})
    assert found is not None
    assert found["program"] == "claims"
    assert first_workflow({}, needs, ALL) is None
