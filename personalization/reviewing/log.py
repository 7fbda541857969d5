"""What is on record: decisions, and who looked at which customer."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, Row, func, insert, select

from personalization.review.desk import LogLine, LookUp, Person
from personalization.store.state import reading, writing
from personalization.store.tables import Decision, approvals, approved_messages, look_ups, runs

DECISION_WORDS = {
    Decision.APPROVE: "approved",
    Decision.PARTIAL: "approved in part",
    Decision.REJECT: "rejected",
}
_LOOK_UPS_SHOWN = 1_000


def decisions(engine: Engine) -> tuple[LogLine, ...]:
    """Return every decision, the newest first."""
    chosen = (
        select(approved_messages.c.approval_id, func.count().label("chosen"))
        .group_by(approved_messages.c.approval_id)
        .subquery()
    )
    query = (
        select(approvals, runs.c.run_date, runs.c.message_count, chosen.c.chosen)
        .join(runs, runs.c.run_id == approvals.c.run_id)
        .outerjoin(chosen, chosen.c.approval_id == approvals.c.approval_id)
        .order_by(approvals.c.approval_id.desc())
    )
    with reading(engine) as connection:
        return tuple(_line(row) for row in connection.execute(query))


def record_look_up(engine: Engine, *, reviewer: Person, customer_id: str, run_date: date, now: datetime) -> None:
    """Keep who looked at which customer; by id, and nothing else of either."""
    row = {"reviewer": reviewer.name, "customer_id": customer_id, "run_date": run_date, "looked_at": now}
    with writing(engine) as connection:
        connection.execute(insert(look_ups).values(**row))


def looked_up(engine: Engine) -> tuple[LookUp, ...]:
    """Return who looked at whom, the newest thousand first."""
    query = select(look_ups).order_by(look_ups.c.look_up_id.desc()).limit(_LOOK_UPS_SHOWN)
    with reading(engine) as connection:
        return tuple(
            LookUp(looked_at=_time(row.looked_at), reviewer=row.reviewer, customer_id=row.customer_id)
            for row in connection.execute(query)
        )


def _line(row: Row[Any]) -> LogLine:
    covered = {Decision.APPROVE: f"all {row.message_count:,}", Decision.REJECT: f"none of {row.message_count:,}"}
    return LogLine(
        night=row.run_date.isoformat(),
        decided_at=_time(row.decided_at),
        decision=DECISION_WORDS[Decision(row.decision)],
        reviewer=row.reviewer,
        reason=row.reason or "",
        messages=covered.get(Decision(row.decision), f"{row.chosen or 0:,} of {row.message_count:,}"),
        is_standing=row.voided_at is None,
        void_reason=row.void_reason or "",
        digest=row.manifest_digest,
    )


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
