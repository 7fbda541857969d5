"""Approval is bound to bytes and given by the right person."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from personalization.errors import WrongUse
from personalization.export import DESTINATIONS, export_run
from personalization.review.approvals import Approval, approve, reject, waiting
from personalization.store.state import reading
from personalization.store.tables import approvals
from tests.lib import published_runs as small


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return small.state_in(tmp_path)


def approved(engine: Engine, run: Path, **given) -> Approval:
    facts = {"reviewer": "mara", "now": small.PUBLISHED_AT, "rules": "second_person", "authors": frozenset(), **given}
    return approve(engine, run=run, **facts)


def audit_log(engine: Engine) -> list[tuple[str, str, bool]]:
    with reading(engine) as connection:
        rows = connection.execute(select(approvals).order_by(approvals.c.approval_id)).all()
    return [(row.decision, row.reviewer, row.voided_at is None) for row in rows]


@pytest.mark.parametrize(
    ("origin", "who", "problem"),
    [
        ("manual", ("mara", "second_person"), None),
        ("manual", ("ann", "second_person"), "ann started this run"),
        ("manual", ("ANN", "second_person"), "ANN started this run"),
        ("manual", ("ann", "single"), None),
        ("manual", ("tom", "second_person"), None),
        ("scheduled", ("ann", "second_person"), None),
        ("scheduled", ("tom", "second_person"), "tom last edited the segments or templates"),
        ("scheduled", ("tom@shop.example", "second_person"), "last edited"),
        ("scheduled", ("Tom", "single"), None),
    ],
)
def test_who_may_approve(tmp_path, engine, origin, who, problem):
    """A manual run is not approved by who started it, a scheduled one not by who last edited what it says."""
    run = small.publish(engine, tmp_path / "runs", [small.message(1)], origin=origin, started_by="ann")
    facts = {"reviewer": who[0], "rules": who[1], "authors": frozenset({"tom jones", "tom", "tom@shop.example"})}

    if problem is None:
        assert approved(engine, run, **facts).is_new
    else:
        with pytest.raises(WrongUse, match=problem):
            approved(engine, run, **facts)
        assert audit_log(engine) == []


@pytest.mark.parametrize(
    ("origin", "started_by", "problem"),
    [("manual", "unknown", "not known who started"), ("scheduled", "ann", "not known who last edited")],
)
def test_nobody_is_another_person_when_the_first_is_unknown(tmp_path, engine, origin, started_by, problem):
    """Where it is not known who started a run or edited its segments, the rule of two persons cannot be kept."""
    run = small.publish(engine, tmp_path / "runs", [small.message(1)], origin=origin, started_by=started_by)

    with pytest.raises(WrongUse, match=problem):
        approved(engine, run, reviewer="mara", authors=frozenset())
    assert approved(engine, run, reviewer="mara", authors=frozenset(), rules="single").is_new


def test_approving_twice_is_one_approval(tmp_path, engine):
    """The second time nothing is added, whoever asks."""
    run = small.publish(engine, tmp_path / "runs", [small.message(1)])
    first = approved(engine, run)

    second = approved(engine, run, reviewer="tom", now=small.DUE_AT)

    assert (first.is_new, second.is_new, second.reviewer) == (True, False, "mara")
    assert second.approval_id == first.approval_id
    assert audit_log(engine) == [("approve", "mara", True)]


def test_a_later_decision_counts_and_the_earlier_one_stays_on_record(tmp_path, engine):
    """Whole, then in part, then rejected: three rows, one of which counts."""
    rows = [small.message(1), small.message(2)]
    run = small.publish(engine, tmp_path / "runs", rows)
    part = frozenset({rows[0]["digest"]})

    approved(engine, run)
    approved(engine, run, messages=part)
    approved(engine, run, messages=part)
    reject(engine, run=run, reviewer="tom", reason="wrong price", now=small.DUE_AT)
    reject(engine, run=run, reviewer="tom", reason="wrong price", now=small.DUE_AT)

    assert audit_log(engine) == [("approve", "mara", False), ("partial", "mara", False), ("reject", "tom", True)]


def test_a_rejection_is_not_overruled_by_another_person(tmp_path, engine):
    """Whoever rejected may think again; another reviewer may not approve over it."""
    run = small.publish(engine, tmp_path / "runs", [small.message(1)])
    reject(engine, run=run, reviewer="tom", reason="wrong price", now=small.DUE_AT)

    with pytest.raises(WrongUse, match="rejected by tom: wrong price"):
        approved(engine, run)
    assert approved(engine, run, reviewer="tom").is_new


def test_a_rejection_needs_a_reason(tmp_path, engine):
    """Blank is no reason."""
    run = small.publish(engine, tmp_path / "runs", [small.message(1)])

    with pytest.raises(WrongUse, match="reason"):
        reject(engine, run=run, reviewer="tom", reason="  ", now=small.DUE_AT)


def test_what_cannot_be_approved_is_refused_with_its_reason(tmp_path, engine):
    """Held, empty, expired, changed, voided and unpublished runs."""
    runs = tmp_path / "runs"
    cases = {
        "2011-11-10": ({"is_held": True}, [small.message(1)], "held, so there is nothing to approve"),
        "2011-11-11": ({}, [], "no messages"),
        "2011-11-12": ({}, [small.message(1, expires_at=small.PUBLISHED_AT)], "expired at 2011-11-21 02:00:00 UTC"),
    }
    for night, (facts, rows, problem) in cases.items():
        run = small.publish(engine, runs, rows, night=night, **facts)
        with pytest.raises(WrongUse, match=problem):
            approved(engine, run)
    with pytest.raises(WrongUse, match="voided, night 2011-11-11 was published over it"):
        approved(engine, runs / "2011-11-10")
    (runs / "2011-11-12" / "report.html").write_text("other")
    with pytest.raises(WrongUse, match=r"report\.html: changed"):
        approved(engine, runs / "2011-11-12")
    built = small.build(tmp_path / "never", [small.message(1)])
    with pytest.raises(WrongUse, match="never published"):
        approved(engine, built)
    assert audit_log(engine) == []


@pytest.mark.parametrize(
    ("digests", "problem"), [({"f" * 64}, "no message has the digest"), (set(), "no message is named")]
)
def test_a_partial_approval_names_messages_of_the_run(tmp_path, engine, digests, problem):
    """Unknown digests and none at all are refused."""
    run = small.publish(engine, tmp_path / "runs", [small.message(1)])

    with pytest.raises(WrongUse, match=problem):
        approved(engine, run, messages=frozenset(digests))


def test_the_list_says_what_became_of_each_run(tmp_path, engine):
    """One state a run, the newest night first."""
    shop = small.shop_in(tmp_path / "shop")
    runs = tmp_path / "runs"
    small.publish(engine, runs, [small.message(1)], night="2011-11-16")
    small.publish(engine, runs, [], night="2011-11-17")
    small.publish(engine, tmp_path / "b", [small.message(2)], night="2011-11-18", is_held=True)
    sent = small.publish_and_approve(engine, tmp_path / "c", [small.message(3)], night="2011-11-19")
    export_run(
        engine, run=sent, shop=shop, destination=DESTINATIONS["files"], now=small.DUE_AT, recheck=small.recheck()
    )
    small.publish_and_approve(engine, tmp_path / "d", [small.message(4)])
    rejected = small.publish(engine, tmp_path / "e", [small.message(5)], night="2011-11-21")
    reject(engine, run=rejected, reviewer="tom", reason="no", now=small.DUE_AT)
    small.publish(engine, tmp_path / "f", [small.message(6)], night="2011-11-22")

    found = [(run.run_date.day, run.state) for run in waiting(engine, now=small.DUE_AT)]
    later = [run.state for run in waiting(engine, now=small.EXPIRES_AT + timedelta(seconds=1))]

    assert found == [
        (22, "waiting"),
        (21, "rejected"),
        (20, "approved"),
        (19, "sent"),
        (18, "held"),
        (17, "empty"),
        (16, "voided"),
    ]
    assert later == ["expired", "rejected", "expired", "sent", "held", "empty", "voided"]
