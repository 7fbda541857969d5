"""From everyone a segment holds to those who get a message, with every reason. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from personalization.records import DecisionVerdict
from personalization.review.desk import ReasonLine, Step
from personalization.reviewing.words import VERDICT_WORDS, plain, reason_words, step_order

Rows = Sequence[Mapping[str, Any]]  # of review.summary.summarise


def rows_of(summary: Rows, program: str | None, segment: str = "") -> list[Mapping[str, Any]]:
    """Return the summary's rows of a program, or of a segment, whosever it is."""
    return [row for row in summary if row["segment"] == segment and program in (None, row["program"])]


def total(rows: Rows, counted: str = "subjects") -> int:
    """Return all that was considered: subjects or people."""
    return sum(row[counted] for row in rows if not row["verdict"])


def decided(rows: Rows, verdict: str, counted: str = "subjects") -> int:
    """Return how many subjects, or people, have a verdict; who has it for several reasons counts for each."""
    return sum(row[counted] for row in rows if row["verdict"] == verdict)


def steps(rows: Rows) -> tuple[Step, ...]:
    """Return the steps of the funnel in their order; what the last one leaves gets a message."""
    left, found = total(rows), []
    verdicts = {row["verdict"] for row in rows} - {"", DecisionVerdict.SEND.value}
    for verdict in sorted(verdicts, key=step_order):
        of_step = sorted(
            (row for row in rows if row["verdict"] == verdict), key=lambda row: (-row["subjects"], row["reason"])
        )
        subjects = sum(row["subjects"] for row in of_step)
        left -= subjects
        reasons = tuple(_reason(row) for row in of_step if row["reason"])
        title = VERDICT_WORDS.get(verdict, plain(verdict))
        found.append(Step(title=title, subjects=subjects, left=left, reasons=reasons))
    if left != decided(rows, DecisionVerdict.SEND):
        raise AssertionError(f"{left} are left of a funnel, but {decided(rows, DecisionVerdict.SEND)} get a message")
    return tuple(found)


def _reason(row: Mapping[str, Any]) -> ReasonLine:
    says, until = reason_words(row["reason"])
    return ReasonLine(says=says, until=until, subjects=row["subjects"], people=row["people"])
