"""Which decision about a run counts; written by review, read by export."""

from typing import Any

from sqlalchemy import Connection, Row, and_, select

from personalization.store.tables import Decision, approvals, approved_messages


def standing_decision(connection: Connection, run_id: int) -> Row[Any] | None:
    """Return the row of the decision that counts for a run, or None while it waits."""
    is_standing = and_(approvals.c.run_id == run_id, approvals.c.voided_at.is_(None))
    return connection.execute(
        select(approvals).where(is_standing).order_by(approvals.c.approval_id.desc()).limit(1)
    ).one_or_none()


def approved_digests(connection: Connection, approval: Row[Any]) -> frozenset[str] | None:
    """Return the digests of the messages that a partial approval names; None when it covers all of them."""
    if approval.decision != Decision.PARTIAL:
        return None
    named = select(approved_messages.c.message_digest).where(approved_messages.c.approval_id == approval.approval_id)
    return frozenset(connection.execute(named).scalars())
