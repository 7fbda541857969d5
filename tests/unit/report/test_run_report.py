"""The run report: what it tells, and that nothing from the data can act in it."""

from dataclasses import replace
from datetime import date, timedelta

import pyarrow as pa
import pytest

from personalization.report import RunFacts, render_report, verdict_counts
from personalization.report.individual import individual_messages

NIGHT = date(2011, 11, 20)
VERDICT_COLUMNS = (
    ("check", pa.string()),
    ("scope", pa.string()),
    ("program", pa.string()),
    ("verdict", pa.string()),
    ("value", pa.float64()),
    ("threshold", pa.float64()),
)


def check(**values: object) -> dict[str, object]:
    row = {
        "check": "on_time_share",
        "scope": "shop",
        "program": "cross_sell",
        "value": 0.97,
        "numerator": 970,
        "denominator": 1000,
        "low": 0.95,
        "high": 0.98,
        "threshold": 0.93,
        "verdict": "pass",
        "reason": "97.0 % of 1,000 parcels arrived in time",
    }
    return {**row, **values}


def history(*days_back: int) -> pa.Table:
    """Return what was recorded of the check for earlier nights, by how long ago they were."""
    rows = [
        {"night": NIGHT - timedelta(days=days), **check(value=0.9, verdict="warn")} for days in sorted(days_back)[::-1]
    ]
    return pa.Table.from_pylist(rows, schema=pa.schema([("night", pa.date32()), *VERDICT_COLUMNS]))


@pytest.fixture
def facts() -> RunFacts:
    """A night with one open and one held program."""
    message = {"program": "cross_sell", "variant": "pairs", "locale": "en_GB", "subject": "Hi", "html": "<p>Hello</p>"}
    message["own_blocks"] = 2
    return RunFacts(
        shop_name="A shop",
        peaks=[],
        timezone="Europe/London",
        run_date=NIGHT,
        simulated=[],
        sources=[{"table": "orders", "rows_in": 1200, "kept": 1190, "later": 6, "quarantined": 4, "unknown": 0}],
        missing=["claims"],
        passed_over=["tikets.csv"],
        imports=[{"system": "shopify", "file": "o.csv", "rows": 1201, "kept": 1200, "quarantined": 1, "unknown": 2}],
        orders_by_day={NIGHT - timedelta(days=days): days + 1 for days in range(90)},
        quarantine=pa.table({"file": ["orders.csv"], "row": [7], "column": ["placed_at"], "reason": ["in the future"]}),
        readiness=pa.Table.from_pylist(
            [check(), check(scope="carrier:slow", verdict="hold", reason="too late"), check(scope="carrier:good")]
        ),
        verdict_history=history(2, 5),
        check_units={"on_time_share": "share"},
        replenishment=pa.table({"basis": ["personal", None], "due_on": pa.array([NIGHT, None], pa.date32())}),
        ranked={
            "ranked_by": "explainable",
            "why": "no model has been trained yet (postlude train)",
            "foretold_by": "learned",
            "foretold_why": "the model of 2026-05-03: it was better",
        },
        candidate_count=5,
        customer_count=3,
        decisions=pa.table(
            {
                "customer_id": ["ann", "bob", "cleo"],
                "program": ["cross_sell"] * 3,
                "verdict": ["send", "send", "exception"],
                "reasons": [[], [], ["ticket_open"]],
            }
        ),
        messages=pa.Table.from_pylist([message]),
        choices=pa.table(
            {
                "program": ["cross_sell", "cross_sell"],
                "facts": [["facts.items.because_title"], []],
                "messages": [3, 1],
            }
        ),
        programs={"cross_sell": "", "replenishment": "tickets are missing"},
        is_all_held=False,
        guests={"onboarding": 7},
        reasons={"ticket_open": ("they have an open support ticket", "the ticket is resolved")},
        next_commands=("postlude review approve --run runs/2011-11-20",),
    )


def test_it_tells_what_a_morning_needs(facts: RunFacts) -> None:
    """What may go, what is held and why, who was left out and why, what was set aside, and what to do next."""
    page = render_report(facts)

    for words in (
        "tickets are missing",
        "they have an open support ticket",
        "the ticket is resolved",
        "People left out, by deciding reason",
        "in the future",
        "97.0\u00a0%",
        "too late",
        "postlude review approve",
        "claims",
        "tikets.csv",
        "1,190",
        "2 customer and product pairs",
        "7 more belong to guests",
    ):
        assert words in page


def test_the_same_facts_give_the_same_bytes(facts: RunFacts) -> None:
    """Neither the pictures nor the page hold a time or a random name."""
    assert render_report(facts) == render_report(facts)
    assert "<dc:date>" not in render_report(facts)


def test_a_held_shop_is_told_so(facts: RunFacts) -> None:
    """When every program is held the page says that there is nothing to approve."""
    held = replace(facts, programs={"cross_sell": "late parcels"}, is_all_held=True)

    assert "Every marketing program is held tonight" in render_report(held)
    assert "Every marketing program is held tonight" not in render_report(facts)


@pytest.mark.parametrize("field", ["subject", "reason"])
def test_text_from_the_data_is_inert(facts: RunFacts, field: str) -> None:
    """A script in a subject or in a quarantined row's reason is text; a sample mail runs in a frame without scripts."""
    hostile = "<script>alert(1)</script>"
    if field == "subject":
        rows = [{**facts.messages.to_pylist()[0], "subject": hostile, "html": f'<p title="x">{hostile}</p>'}]
        page = render_report(replace(facts, messages=pa.Table.from_pylist(rows)))
        assert 'sandbox=""' in page
    else:
        changed = facts.quarantine.set_column(3, "reason", pa.array([hostile]))
        page = render_report(replace(facts, quarantine=changed))

    assert hostile not in page


def test_a_night_without_anything_has_a_page(facts: RunFacts) -> None:
    """No decision, no message and no quarantined row is no error."""
    empty = replace(
        facts,
        decisions=facts.decisions.slice(0, 0),
        messages=facts.messages.slice(0, 0),
        quarantine=facts.quarantine.slice(0, 0),
        readiness=facts.readiness.slice(0, 0),
        replenishment=facts.replenishment.slice(0, 0),
        orders_by_day={},
        sources=[],
    )

    assert "No message was built" in render_report(empty)


def test_the_last_nights_are_drawn(facts: RunFacts) -> None:
    """With nights before tonight each check has a chart; a night 60 days ago is no longer in it, and one is no line."""
    title = "Readiness checks over the last nights"

    assert title in render_report(facts)
    assert title not in render_report(replace(facts, verdict_history=history()))
    assert title not in render_report(replace(facts, verdict_history=history(60)))
    assert title in render_report(replace(facts, verdict_history=history(59)))


def test_a_check_that_is_only_watched_stands_apart(facts: RunFacts) -> None:
    """What no program requires is told, but neither among what holds nor in the pictures."""
    watched = pa.Table.from_pylist([check(), check(check="wismo_share", program="", verdict="hold", reason="too many")])
    page = render_report(replace(facts, readiness=watched))

    assert "1 more that no program needs, only watched" in page
    assert page.index("too many") > page.index("only watched")


def test_verdicts_are_counted_by_program(facts: RunFacts) -> None:
    """The funnel's counts are those of the decisions."""
    assert verdict_counts(facts.decisions) == {"cross_sell": {"exception": 1, "send": 2}}


def test_imported_files_are_accounted_for(facts: RunFacts) -> None:
    """Each file that came in says how many of its rows were kept and how many were not."""
    page = render_report(facts)

    for cell in ("shopify", "o.csv", "1,201", "1,200"):
        assert f">{cell}</td>" in page


@pytest.mark.parametrize(
    ("simulated", "said"),
    [([], None), (["tickets"], "The purchases are real"), (["orders", "tickets"], "the purchases too")],
)
def test_what_is_made_up_is_said(facts: RunFacts, simulated: list[str], said: str | None) -> None:
    """A reader never takes a simulated shop for a real one."""
    page = render_report(replace(facts, simulated=simulated))

    assert ('class="note"' in page) == (said is not None)
    assert said is None or said in page


def test_it_tells_how_individual_the_messages_are(facts: RunFacts) -> None:
    """At least two parts chosen from the person's own facts; the facts are named, the others are fall-backs."""
    rows = [
        {"program": program, "variant": "v", "locale": "en", "subject": "s", "html": None, "own_blocks": blocks}
        for program, blocks in (("cross_sell", 2), ("cross_sell", 1), ("cross_sell", 5), ("win_back", 0))
    ]
    schema = pa.schema(
        [(name, pa.string()) for name in ("program", "variant", "locale", "subject", "html")]
        + [("own_blocks", pa.int64())]
    )
    told = individual_messages(pa.Table.from_pylist(rows, schema=schema), facts.choices)
    page = render_report(replace(facts, messages=pa.Table.from_pylist(rows, schema=schema)))

    assert [(row.program, row.messages, row.individual, row.facts) for row in told] == [
        ("cross_sell", 3, 2, ("facts.items.because_title",)),
        ("win_back", 1, 0, ()),
    ]
    assert '<td>cross-sell</td><td class="n">3</td><td class="n">67%</td><td class="n">1</td>' in page
    assert "items: because title" in page
    assert "nothing of their own" in page
