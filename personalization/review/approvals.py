"""Who approved or rejected which bytes of a run.

An approval is bound to the digest of the manifest, and so to every file of the night; when a byte changes it no longer
counts. The reviewer is the person who is logged in and never an option. Rows are never deleted: they are the audit log.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import pyarrow.parquet as pq
from sqlalchemy import Connection, Engine, Row, and_, func, insert, select, update

from personalization.errors import ReviewStale, WrongUse
from personalization.people import UNKNOWN
from personalization.store.decisions import approved_digests, standing_decision
from personalization.store.run_folder import MESSAGES, Manifest, find_run, verify_run
from personalization.store.state import insert_absent, reading, writing
from personalization.store.tables import LIVE, Decision, RunStatus, approvals, approved_messages, ledger, runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A decision about a run that counts. is_new is false where it had been taken before."""

    approval_id: int
    decision: Decision
    reviewer: str
    decided_at: datetime
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedRun:
    """A published run and what became of it.

    state: waiting, approved, approved in part, rejected, sent (something left), expired, held, empty or voided.
    """

    folder: str
    run_date: date
    manifest_digest: str
    origin: str
    started_by: str
    published_at: datetime
    expires_at: datetime | None
    message_count: int
    sent_count: int
    reviewer: str | None
    reason: str | None
    state: str


def approve(
    engine: Engine,
    *,
    run: Path,
    reviewer: str,
    now: datetime,
    rules: Literal["single", "second_person"],
    authors: frozenset[str],
    messages: frozenset[str] | None = None,
    seen: str | None = None,
) -> Approval:
    """Record that *reviewer* approves the run folder *run*, whole or only the *messages* with these digests.

    seen is the digest of the manifest that the reviewer looked at, where they looked before: another one is refused.

    Under the rule second_person a manual run is not approved by who started it, and a scheduled run not by one of
    *authors*, who last edited its segments or templates (see review.editors). The same approval twice is one approval.
    Raises WrongUse when the run is unknown, changed, voided, held, empty or expired, or the reviewer may not, and
    ReviewStale for another build than the one that was seen.
    """
    manifest = _verified(run, seen)
    if messages is not None:
        _refuse_unknown(messages, run)
    with writing(engine) as connection:
        row = _published(connection, run, manifest.digest)
        _refuse_unfit(row, run=run, now=now)
        if rules == "second_person":
            _refuse_own(row, reviewer=reviewer, authors=authors)
        standing = standing_decision(connection, row.run_id)
        decision = Decision.APPROVE if messages is None else Decision.PARTIAL
        if (
            standing is not None
            and standing.decision == decision
            and messages == approved_digests(connection, standing)
        ):
            return _approval(standing, is_new=False)
        _refuse_overruling(standing, run=run, reviewer=reviewer)
        made = _decide(
            connection,
            row,
            decision=decision,
            reviewer=reviewer,
            reason=None,
            now=now,
            messages_digest=manifest.files[MESSAGES],
        )
        chosen = [{"approval_id": made.approval_id, "message_digest": digest} for digest in sorted(messages or ())]
        insert_absent(connection, approved_messages, chosen)
        return _approval(made, is_new=True)


def why_not(
    engine: Engine,
    *,
    run: Path,
    digest: str,
    reviewer: str,
    now: datetime,
    rules: Literal["single", "second_person"],
    authors: frozenset[str],
) -> str | None:
    """Return why *reviewer* could not approve the build *digest* of *run* now, in words; None where they could.

    To be told before the button; approve() asks everything again.
    """
    try:
        with reading(engine) as connection:
            row = _published(connection, run, digest)
            _refuse_unfit(row, run=run, now=now)
            if rules == "second_person":
                _refuse_own(row, reviewer=reviewer, authors=authors)
            _refuse_overruling(standing_decision(connection, row.run_id), run=run, reviewer=reviewer)
    except WrongUse as refused:
        return str(refused)
    return None


def reject(
    engine: Engine, *, run: Path, reviewer: str, reason: str, now: datetime, seen: str | None = None
) -> Approval:
    """Record that *reviewer* rejects the run folder *run*; what has not left by now stays.

    Anyone may reject. seen is as of approve. Raises WrongUse when the run is unknown, changed or voided, or no reason
    is given, and ReviewStale for another build than the one that was seen.
    """
    if not reason.strip():
        raise WrongUse("a rejection needs a reason, for those who mend the run")
    manifest = _verified(run, seen)
    with writing(engine) as connection:
        row = _published(connection, run, manifest.digest)
        standing = standing_decision(connection, row.run_id)
        if standing is not None and standing.decision == Decision.REJECT:
            return _approval(standing, is_new=False)
        made = _decide(
            connection,
            row,
            decision=Decision.REJECT,
            reviewer=reviewer,
            reason=reason.strip(),
            now=now,
            messages_digest=manifest.files.get(MESSAGES, ""),
        )
        return _approval(made, is_new=True)


def waiting(engine: Engine, *, now: datetime) -> list[ReviewedRun]:
    """Return every run that the state database knows with its state, the newest night first."""
    sent = (
        select(ledger.c.run_id, func.count().label("sent_count"))
        .where(ledger.c.status.in_(LIVE))
        .group_by(ledger.c.run_id)
        .subquery()
    )
    standing = and_(approvals.c.run_id == runs.c.run_id, approvals.c.voided_at.is_(None))
    query = (
        select(runs, approvals.c.decision, approvals.c.reviewer, approvals.c.reason, sent.c.sent_count)
        .outerjoin(approvals, standing)
        .outerjoin(sent, sent.c.run_id == runs.c.run_id)
        .order_by(runs.c.run_date.desc(), runs.c.run_id.desc())
    )
    with reading(engine) as connection:
        return [_reviewed(row, now=now) for row in connection.execute(query)]


def _verified(run: Path, seen: str | None) -> Manifest:
    manifest = verify_run(run)
    if seen not in (None, manifest.digest):
        raise ReviewStale(f"{run}: was built anew since you looked at it; look at the new build and decide again")
    return manifest


def _published(connection: Connection, run: Path, digest: str) -> Row[Any]:
    row = find_run(connection, run, digest)
    if row is None:
        raise WrongUse(f"{run}: this build was never published here; see `postlude review list`")
    if row.status == RunStatus.VOIDED:
        raise WrongUse(f"{run}: voided, {row.void_reason}; see `postlude review list` for the run that counts")
    return row


def _refuse_unfit(row: Row[Any], *, run: Path, now: datetime) -> None:
    if row.is_held:
        raise WrongUse(f"{run}: held, so there is nothing to approve; report.html says why")
    if row.message_count == 0:
        raise WrongUse(f"{run}: has no messages, so there is nothing to approve")
    if row.expires_at <= now:
        raise WrongUse(f"{run}: its last message expired at {row.expires_at} UTC; approve a newer night")


def _refuse_own(row: Row[Any], *, reviewer: str, authors: frozenset[str]) -> None:
    if row.origin == "manual" and row.started_by == UNKNOWN:
        raise WrongUse("it is not known who started this run, so nobody can be told to be another person; run it again")
    if row.origin == "scheduled" and not authors:
        raise WrongUse(
            "it is not known who last edited the segments and templates, so nobody can be told to be another person; "
            "keep them in a git checkout with git installed, or set approvals = 'single'"
        )
    if row.origin == "manual" and _is_same(row.started_by, reviewer):
        raise WrongUse(f"{reviewer} started this run, so another person approves it (approvals = 'second_person')")
    if row.origin == "scheduled" and any(_is_same(author, reviewer) for author in authors):
        raise WrongUse(
            f"{reviewer} last edited the segments or templates of this run, so another person approves it "
            "(approvals = 'second_person')"
        )


def _refuse_overruling(standing: Row[Any] | None, *, run: Path, reviewer: str) -> None:
    if standing is not None and standing.decision == Decision.REJECT and not _is_same(standing.reviewer, reviewer):
        raise WrongUse(
            f"{run}: rejected by {standing.reviewer}: {standing.reason}; they, or a new build, can change that"
        )


def _refuse_unknown(digests: frozenset[str], run: Path) -> None:
    known = frozenset(pq.read_table(run / MESSAGES, columns=["digest"])["digest"].to_pylist())
    unknown = sorted(digests - known)
    if unknown or not digests:
        what = f"no message has the digest {unknown[0]}" if unknown else "no message is named"
        raise WrongUse(f"{run}: {what}; a partial approval names digests of {MESSAGES}")


def _is_same(person: str, other: str) -> bool:
    """Return whether two names mean one person: equal in any case, as a whole or before the @ of an address."""
    forms = [{name.lower(), name.lower().partition("@")[0]} for name in (person, other)]
    return not forms[0].isdisjoint(forms[1])


def _decide(
    connection: Connection,
    row: Row[Any],
    *,
    decision: Decision,
    reviewer: str,
    reason: str | None,
    now: datetime,
    messages_digest: str,
) -> Row[Any]:
    is_standing = and_(approvals.c.run_id == row.run_id, approvals.c.voided_at.is_(None))
    void = {"voided_at": now, "void_reason": f"{reviewer} decided anew"}
    connection.execute(update(approvals).where(is_standing).values(**void))
    facts = {
        "run_id": row.run_id,
        "decision": decision,
        "reviewer": reviewer,
        "reason": reason,
        "decided_at": now,
        "expires_at": row.expires_at,
        "manifest_digest": row.manifest_digest,
        "messages_digest": messages_digest,
    }
    return connection.execute(insert(approvals).values(**facts).returning(*approvals.c)).one()


def _approval(row: Row[Any], *, is_new: bool) -> Approval:
    return Approval(
        approval_id=row.approval_id,
        decision=Decision(row.decision),
        reviewer=row.reviewer,
        decided_at=row.decided_at,
        is_new=is_new,
    )


_STATES: dict[str | None, str] = {
    None: "waiting",
    Decision.APPROVE: "approved",
    Decision.PARTIAL: "approved in part",
    Decision.REJECT: "rejected",
}


def _reviewed(row: Row[Any], *, now: datetime) -> ReviewedRun:
    facts: Sequence[tuple[bool, str]] = (
        (bool(row.sent_count), "sent"),
        (row.status == RunStatus.VOIDED, "voided"),
        (row.is_held, "held"),
        (row.message_count == 0, "empty"),
        (row.decision == Decision.REJECT, "rejected"),
        (row.expires_at is not None and row.expires_at <= now, "expired"),
    )
    return ReviewedRun(
        folder=row.folder,
        run_date=row.run_date,
        manifest_digest=row.manifest_digest,
        origin=row.origin,
        started_by=row.started_by,
        published_at=row.published_at,
        expires_at=row.expires_at,
        message_count=row.message_count,
        sent_count=row.sent_count or 0,
        reviewer=row.reviewer,
        reason=row.reason,
        state=next((state for is_so, state in facts if is_so), _STATES[row.decision]),
    )
