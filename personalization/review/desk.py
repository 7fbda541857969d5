"""What the review page shows and asks for: records that are ready to be read, and the desk that gives them.

The pages know nothing of files, settings or Airflow; ``personalization.reviewing`` has a desk for a shop's runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is signed in. A viewer may read everything; an approver may also decide.

    session is what forms are bound to, so that nobody else can prepare one.
    """

    name: str
    is_approver: bool
    session: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run in the list: its night as text, what became of it in words, and who decided why.

    state is one of the words of review.approvals.ReviewedRun; can_open is false where its folder is another build by
    now or is no longer kept.
    """

    night: str
    state: str
    says: str
    messages: int
    sent: int
    can_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckLine:
    """A readiness check with its evidence, every figure written as it is read."""

    title: str
    scope: str
    verdict: str
    value: str
    interval: str
    threshold: str
    found: str
    meaning: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonLine:
    """Why subjects were left out, until when, and how many subjects and people that is."""

    says: str
    until: str
    subjects: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the funnel: who fell out here, with the reasons, and how many subjects are left after it."""

    title: str
    subjects: int
    left: int
    reasons: tuple[ReasonLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Tonight's size against earlier nights: against what, how large that was, and the difference in words."""

    against: str
    size: str
    difference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentLine:
    """A segment of a program: people it holds, and how many of them get a message tonight."""

    name: str
    title: str
    people: int
    to_send: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program on a night: may it go out and why, what to do where not, and who hears from it.

    alarm is empty where the size is as usual.
    """

    name: str
    title: str
    owner: str
    kind: str
    is_open: bool
    readiness: str
    why: str
    what_to_do: str
    considered: int
    to_send: int
    people: int
    holdout: int
    changes: tuple[Change, ...]
    alarm: str
    steps: tuple[Step, ...]
    segments: tuple[SegmentLine, ...]
    checks: tuple[CheckLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tonight:
    """A night as a whole. digest is what a decision about it is bound to."""

    night: str
    digest: str
    run: RunLine
    shop: str
    notes: tuple[str, ...]
    programs: tuple[Program, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Somebody in a segment, without a name: why they are in it, and what was decided."""

    why: str
    decided: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentPage:
    """A segment on a night. toml is empty where its file is not the one that this night was built with."""

    name: str
    title: str
    program: str
    owner: str
    description: str
    toml: str
    people: int
    to_send: int
    before: str
    entered: int | None
    left: int | None
    steps: tuple[Step, ...]
    examples: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageLine:
    """A message of the review sample or of a person; facts are the values that it says, each with its name."""

    message_id: str
    customer_id: str
    program: str
    variant: str
    locale: str
    subject: str
    preheader: str
    send_at: str
    text: str
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What people would read: the sample, the whole number of messages, and what the lint found."""

    programs: tuple[tuple[str, str], ...]
    messages: tuple[MessageLine, ...]
    total: int
    lint: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPage:
    """One customer on a night. told are paragraphs, a heading and lines; timeline is newest first: day, kind, what."""

    customer_id: str
    told: tuple[tuple[str, tuple[str, ...]], ...]
    timeline: tuple[tuple[str, str, str], ...]
    messages: tuple[MessageLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOut:
    """What a partial approval leaves out: programs, segments as ``program/segment``, single messages by id."""

    programs: frozenset[str] = frozenset()
    segments: frozenset[str] = frozenset()
    messages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How many messages a partial approval lets go and leaves out; names say what is left out."""

    sends: int
    left_out: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One decision on record, each value as it is read; is_standing tells whether it counts now."""

    night: str
    decided_at: str
    decision: str
    reviewer: str
    reason: str
    messages: str
    is_standing: bool
    void_reason: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Who looked at which customer, and when."""

    looked_at: str
    reviewer: str
    customer_id: str


class Desk(Protocol):
    """Everything the pages ask for. Raises WrongUse, with words to show, for what is not there or not allowed."""

    @property
    def secret(self) -> str:
        """Return what forms and cookies are signed with."""

    def runs(self) -> Sequence[RunLine]:
        """Return the runs, the newest night first."""

    def tonight(self, night: str) -> Tonight:
        """Return a night."""

    def segment(self, night: str, name: str) -> SegmentPage:
        """Return a segment on a night."""

    def content(self, night: str, program: str) -> Content:
        """Return the review sample, of one program where it is named."""

    def message_html(self, night: str, message_id: str) -> str:
        """Return a message's HTML as it would be sent."""

    def report_html(self, night: str) -> str:
        """Return the run report."""

    def find_customers(self, night: str, sought: str) -> Sequence[str]:
        """Return the ids of those with the id or e-mail address *sought*; nobody raises WrongUse."""

    def person(self, night: str, customer_id: str, *, asked_by: Person) -> PersonPage:
        """Return a customer, and record who looked."""

    def why_not(self, night: str, person: Person) -> str | None:
        """Return why a person could not approve a night, None where they could."""

    def part(self, night: str, leave_out: LeaveOut) -> Part:
        """Return what a partial approval would come to."""

    def messages_named(self, night: str, message_ids: frozenset[str]) -> Sequence[MessageLine]:
        """Return messages by their ids, those that the night has."""

    def approve(self, night: str, person: Person, *, digest: str, leave_out: LeaveOut) -> Any:
        """Approve the build with *digest*, whole or without what is left out."""

    def reject(self, night: str, person: Person, *, digest: str, reason: str) -> Any:
        """Reject the build with *digest*."""

    def log(self) -> Sequence[LogLine]:
        """Return every decision, the newest first."""

    def look_ups(self) -> Sequence[LookUp]:
        """Return who looked at whom, the newest first."""
