"""Accounts for every approved message of an export; the counts add up, or the export says so itself."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from personalization.export.recheck import DUE, EXPIRED, NOT_DUE, REFUSED, WITHHELD
from personalization.store.tables import SendStatus

NOT_TAKEN_NOW = "not_taken_now"  # the destination had no room for the message; a later export tries again


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    """What became of a run's approved messages; the counts from sent to paused add up to approved.

    sent left in this call (in a dry run: would leave), already_sent in an earlier one or from another night. expired,
    rejected and unknown count this run's of all calls. withheld counts those refused for good in all calls and those
    that this call kept back, which a later one may send. reasons counts the withheld and rejected by reason. batches
    names what was sent in this call.
    """

    run_date: date
    destination: str
    is_dry_run: bool
    approved: int
    sent: int
    already_sent: int
    expired: int
    withheld: int
    rejected: int
    unknown: int
    not_due: int
    paused: int
    reasons: Mapping[str, int]
    batches: tuple[str, ...]

    def __post_init__(self) -> None:
        parts = (self.sent, self.already_sent, self.expired, self.withheld, self.rejected, self.unknown)
        if sum(parts) + self.not_due + self.paused != self.approved:
            raise AssertionError(f"the export's counts do not add up: {asdict(self)}")

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {**asdict(self), "run_date": self.run_date.isoformat(), "batches": list(self.batches)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SortedOut:
    """The approved messages before anything is done.

    before: those with a ledger row of this run, columns message_id, status and reason. elsewhere counts those that
    another night or destination has. judged holds the others by what is to be done with them.
    """

    approved: int
    before: pa.Table
    elsewhere: int
    judged: Mapping[str, pa.Table]
    is_paused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What was handed to the destination in this call. is_stopped: exports were paused before all of it.

    deferred: what the destination did not take for now.
    """

    batches: tuple[str, ...]
    claimed: int
    deferred: int
    is_stopped: bool


def report_export(
    sorted_out: SortedOut, left: Left, after: pa.Table, *, run_date: date, destination: str
) -> ExportReport:
    """Return the counts of an export; after holds the run's ledger rows at its end."""
    before, ended = _by_status(sorted_out.before), _by_status(after)
    judged, is_paused = sorted_out.judged, sorted_out.is_paused
    unclaimed = judged[DUE].num_rows - left.claimed - left.deferred
    return ExportReport(
        run_date=run_date,
        destination=destination,
        is_dry_run=False,
        approved=sorted_out.approved,
        sent=ended[SendStatus.ACCEPTED] - before[SendStatus.ACCEPTED],
        # What could not be claimed was taken by another export in between.
        already_sent=before[SendStatus.ACCEPTED] + sorted_out.elsewhere + (0 if left.is_stopped else unclaimed),
        expired=ended[SendStatus.EXPIRED],
        withheld=ended[SendStatus.WITHHELD] + left.deferred + (0 if is_paused else judged[WITHHELD].num_rows),
        rejected=ended[SendStatus.REJECTED],
        unknown=ended[SendStatus.UNKNOWN],
        not_due=judged[NOT_DUE].num_rows,
        paused=(unclaimed if left.is_stopped else 0) + (_kept_back(judged) if is_paused else 0),
        reasons=_by_reason(after, () if is_paused else (judged[WITHHELD],), deferred=left.deferred),
        batches=left.batches,
    )


def report_dry_run(sorted_out: SortedOut, *, run_date: date, destination: str) -> ExportReport:
    """Return the counts as an export at this moment would leave them."""
    before, judged, is_paused = _by_status(sorted_out.before), sorted_out.judged, sorted_out.is_paused
    due, withheld = judged[DUE].num_rows, _kept_back(judged)
    return ExportReport(
        run_date=run_date,
        destination=destination,
        is_dry_run=True,
        approved=sorted_out.approved,
        sent=0 if is_paused else due,
        already_sent=before[SendStatus.ACCEPTED] + before[SendStatus.SENDING] + sorted_out.elsewhere,
        expired=before[SendStatus.EXPIRED] + judged[EXPIRED].num_rows,
        withheld=before[SendStatus.WITHHELD] + (0 if is_paused else withheld),
        rejected=before[SendStatus.REJECTED],
        unknown=before[SendStatus.UNKNOWN],
        not_due=judged[NOT_DUE].num_rows,
        paused=due + withheld if is_paused else 0,
        reasons=_by_reason(sorted_out.before, () if is_paused else (judged[WITHHELD], judged[REFUSED])),
        batches=(),
    )


def _by_status(rows: pa.Table) -> Counter[str]:
    return Counter(rows["status"].to_pylist())


def _kept_back(judged: Mapping[str, pa.Table]) -> int:
    return sum(judged[word].num_rows for word in (WITHHELD, REFUSED))


def _by_reason(rows: pa.Table, judged: Iterable[pa.Table], *, deferred: int = 0) -> dict[str, int]:
    """Return how often each reason stands in the ledger's *rows* and in what was *judged* or deferred just now."""
    has_reason = pc.is_in(rows["status"], value_set=pa.array([SendStatus.WITHHELD, SendStatus.REJECTED], pa.string()))
    reasons = Counter(rows.filter(has_reason)["reason"].to_pylist())
    if deferred:
        reasons[NOT_TAKEN_NOW] = deferred
    for messages in judged:
        reasons.update(messages["reason"].to_pylist())
    return dict(sorted(reasons.items()))  # a plain one: asdict cannot copy a Counter
