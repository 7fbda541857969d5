"""A shop's desk: what the pages ask for, answered from its run folders and its state database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from personalization.morning import open_state
from personalization.records import naive_utc
from personalization.review import approvals
from personalization.review.accounts import session_secret
from personalization.review.approvals import ReviewedRun
from personalization.review.desk import (
    Content,
    LeaveOut,
    LogLine,
    LookUp,
    MessageLine,
    Part,
    Person,
    PersonPage,
    RunLine,
    SegmentPage,
    Tonight,
)
from personalization.reviewing import content, deciding, log, person, segment, tonight
from personalization.reviewing.night import OpenNight, nights_kept, open_night
from personalization.settings import Shop, load_shop
from personalization.store import run_folder


@dataclass(frozen=True, kw_only=True)
class ShopDesk:
    """The desk over one shop's settings and one folder of runs. Settings are read anew for every page."""

    shop_file: Path
    runs_folder: Path

    @cached_property
    def engine(self) -> Engine:
        """Return the shop's state database."""
        return open_state(self._shop(), self.runs_folder)

    @cached_property
    def secret(self) -> str:
        """Return what forms and cookies are signed with."""
        return session_secret(self.engine)

    def runs(self) -> Sequence[RunLine]:
        """Return the runs of this folder, the newest night first."""
        here = run_folder.name_runs_folder(self.runs_folder)
        found = [run for run in approvals.waiting(self.engine, now=self._now()) if run.folder == here]
        kept = frozenset(nights_kept(self.runs_folder))
        return [self._line(run, can_open=run.run_date in kept and self._is_still(run)) for run in found]

    def tonight(self, night: str) -> Tonight:
        """Return a night."""
        opened = self._open(night)
        return tonight.tonight(opened, self._run_of(opened))

    def segment(self, night: str, name: str) -> SegmentPage:
        """Return a segment on a night."""
        return segment.segment_page(self._open(night), name)

    def content(self, night: str, program: str) -> Content:
        """Return the review sample of a program."""
        return content.content_page(self._open(night), program)

    def message_html(self, night: str, message_id: str) -> str:
        """Return a message's HTML."""
        return content.message_html(self._open(night), message_id)

    def messages_named(self, night: str, message_ids: frozenset[str]) -> Sequence[MessageLine]:
        """Return messages by their ids."""
        return content.messages_named(self._open(night), message_ids)

    def report_html(self, night: str) -> str:
        """Return the run report."""
        return self._open(night).path("report.html").read_text(encoding="utf-8")

    def find_customers(self, night: str, sought: str) -> Sequence[str]:
        """Return the ids of those with this id or e-mail address."""
        return person.find_customers(self._open(night), sought)

    def person(self, night: str, customer_id: str, *, asked_by: Person) -> PersonPage:
        """Return a customer, after keeping on record who looks."""
        opened = self._open(night)
        page = person.person_page(opened, customer_id)
        moment = datetime.now(UTC).replace(tzinfo=None)  # the true time, in the demo too
        log.record_look_up(
            self.engine, reviewer=asked_by, customer_id=customer_id, run_date=opened.run_date, now=moment
        )
        return page

    def why_not(self, night: str, person: Person) -> str | None:
        """Return why a person could not approve a night."""
        return deciding.why_not(self.engine, self._open(night), person, now=self._now())

    def part(self, night: str, leave_out: LeaveOut) -> Part:
        """Return what a partial approval would come to."""
        return deciding.part_of(self._open(night), leave_out)

    def approve(self, night: str, person: Person, *, digest: str, leave_out: LeaveOut) -> Any:
        """Approve a build, whole or in part."""
        return deciding.approve(
            self.engine, self._open(night), person, digest=digest, leave_out=leave_out, now=self._now()
        )

    def reject(self, night: str, person: Person, *, digest: str, reason: str) -> Any:
        """Reject a build."""
        opened = self._open(night)
        return approvals.reject(
            self.engine, run=opened.folder, reviewer=person.name, reason=reason, now=self._now(), seen=digest
        )

    def log(self) -> Sequence[LogLine]:
        """Return every decision."""
        return log.decisions(self.engine)

    def look_ups(self) -> Sequence[LookUp]:
        """Return who looked at whom."""
        return log.looked_up(self.engine)

    def _shop(self) -> Shop:
        return load_shop(self.shop_file)

    def _now(self) -> datetime:
        """Return the time that decisions are taken at: the demo's, else the clock's."""
        return naive_utc(self._shop().now or datetime.now(UTC))

    def _open(self, night: str) -> OpenNight:
        return open_night(night, runs=self.runs_folder, shop=self._shop())

    def _run_of(self, night: OpenNight) -> RunLine:
        known = [run for run in approvals.waiting(self.engine, now=self._now()) if self._is_build(run, night)]
        if not known:
            return RunLine(
                night=night.name,
                state="unknown",
                says="This build was never published here, so nothing of it can be decided.",
                messages=0,
                sent=0,
                can_open=True,
            )
        return self._line(known[0], can_open=True)

    def _is_build(self, run: ReviewedRun, night: OpenNight) -> bool:
        here = run_folder.name_runs_folder(self.runs_folder)
        return (run.folder, run.run_date, run.manifest_digest) == (here, night.run_date, night.manifest.digest)

    def _line(self, run: ReviewedRun, *, can_open: bool) -> RunLine:
        return RunLine(
            night=run.run_date.isoformat(),
            state=run.state,
            says=_says(run),
            messages=run.message_count,
            sent=run.sent_count,
            can_open=can_open,
        )

    def _is_still(self, run: ReviewedRun) -> bool:
        """Return whether the folder of the run's night is still this very build."""
        return run_folder.read_manifest(self.runs_folder / run.run_date.isoformat()).digest == run.manifest_digest


def _says(run: ReviewedRun) -> str:
    """Return what became of a run, in a sentence."""
    by = f" by {run.reviewer}" if run.reviewer else ""
    sentences = {
        "waiting": "Waits for a decision. Nothing leaves before somebody approves it.",
        "approved": f"Approved{by}. It leaves with the next export, each message in its own hour.",
        "approved in part": f"Approved in part{by}. What was approved leaves with the next export.",
        "rejected": f"Rejected{by}: {run.reason}. Nothing more of it leaves.",
        "sent": f"{run.sent_count:,} of {run.message_count:,} messages have left; approved{by}.",
        "expired": "Too late: the time of its last message is over, and nothing more of it leaves.",
        "held": "Held: every marketing program waits for something to be mended. There is nothing to approve.",
        "empty": "Nobody gets a message, so there is nothing to approve.",
        "voided": "Replaced by a newer night or another build. Nothing more of it leaves.",
    }
    return sentences[run.state]
