"""Decisions about a night: which messages are left out, and whether this person may decide."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Engine

from personalization.errors import WrongUse
from personalization.review import approvals, editors
from personalization.review.desk import LeaveOut, Part, Person
from personalization.reviewing.night import OpenNight, segment_files
from personalization.reviewing.words import program_title, segment_title
from personalization.store.run_folder import MESSAGES
from personalization.warehouse import Warehouse

# Each message with the segments of the decision that it was written for, and whether it is left out.
_CHOSEN = """
SELECT m.digest,
    list_contains(CAST($programs AS VARCHAR[]), m.program) AS of_program,
    coalesce(
        list_has_any(CAST($segments AS VARCHAR[]), list_transform(d.segments, lambda of: m.program || '/' || of)), false
    ) AS of_segment,
    list_contains(CAST($messages AS VARCHAR[]), m.message_id) AS by_name
FROM messages AS m
LEFT JOIN decisions AS d
    ON d.customer_id = m.customer_id AND d.program = m.program AND d.subject = m.decision_subject
ORDER BY m.digest
"""


def part_of(night: OpenNight, leave_out: LeaveOut) -> Part:
    """Return what a partial approval lets go and leaves out, by program, segment and message."""
    digests, total = _kept(night, leave_out), pq.read_metadata(night.path(MESSAGES)).num_rows
    titles = segment_files(night)
    names = [program_title(name) for name in sorted(leave_out.programs)]
    names += [segment_title(name.partition("/")[2], titles) for name in sorted(leave_out.segments)]
    singles = len(leave_out.messages)
    if singles:
        names.append(f"{singles} single message{'s' if singles > 1 else ''}")
    return Part(sends=len(digests), left_out=total - len(digests), names=tuple(names))


def approve(
    engine: Engine, night: OpenNight, person: Person, *, digest: str, leave_out: LeaveOut, now: datetime
) -> Any:
    """Approve the build with *digest*: whole, or the messages that are not left out."""
    shop = night.shop
    return approvals.approve(
        engine,
        run=night.folder,
        reviewer=person.name,
        now=now,
        rules=shop.approvals,
        authors=_authors(night),
        messages=None if leave_out == LeaveOut() else _kept(night, leave_out),
        seen=digest,
    )


def why_not(engine: Engine, night: OpenNight, person: Person, *, now: datetime) -> str | None:
    """Return why a person could not approve the night, None where they could."""
    return approvals.why_not(
        engine,
        run=night.folder,
        digest=night.manifest.digest,
        reviewer=person.name,
        now=now,
        rules=night.shop.approvals,
        authors=_authors(night),
    )


def _authors(night: OpenNight) -> frozenset[str]:
    return editors.last_editors([night.shop.root / "segments", night.shop.root / "templates"])


def _kept(night: OpenNight, leave_out: LeaveOut) -> frozenset[str]:
    """Return the digests of the messages that are not left out.

    Raises WrongUse where nothing is left out, for that is to approve all, and where everything is.
    """
    with Warehouse() as warehouse:
        for name in ("messages", "decisions"):
            warehouse.load_parquet(name, night.path(f"{name}.parquet"))
        named: Mapping[str, Any] = {
            "programs": sorted(leave_out.programs),
            "segments": sorted(leave_out.segments),
            "messages": sorted(leave_out.messages),
        }
        chosen = warehouse.connection.sql(_CHOSEN, params=dict(named)).to_arrow_table()
    is_out = pc.or_(pc.or_(chosen["of_program"], chosen["of_segment"]), chosen["by_name"])
    kept = frozenset(chosen.filter(pc.invert(is_out))["digest"].to_pylist())
    if len(kept) == len(chosen):
        raise WrongUse("Nothing is left out. Go back and mark what is to be left out, or approve everything.")
    if not kept:
        raise WrongUse("Everything would be left out. Go back, and reject the night instead.")
    return kept
