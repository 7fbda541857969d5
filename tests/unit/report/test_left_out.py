"""Who was left out, and why, counted."""

import pyarrow as pa

from personalization.report.left_out import LeftOut, left_out

REASONS = {
    "ticket_open": ("they have an open ticket", "it is resolved"),
    "readiness": ("the shop is not dependable enough", "the check passes"),
    "capped_day": ("they had a message within a day", "24 hours after it"),
}


def decisions(*rows: tuple[str, str, list[str]]) -> pa.Table:
    """Return customer, verdict and reasons as a table."""
    return pa.table(
        {
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "verdict": pa.array([row[1] for row in rows], pa.string()),
            "reasons": pa.array([row[2] for row in rows], pa.list_(pa.string())),
        }
    )


def test_the_first_reason_decides_and_the_others_are_counted_beside() -> None:
    """People are counted once a reason, subjects each, and further reasons where they stand; who is sent to is not."""
    found = left_out(
        decisions(
            ("ann", "exception", ["ticket_open", "capped_day"]),
            ("ann", "exception", ["ticket_open"]),
            ("bob", "capped", ["capped_day"]),
            ("cleo", "hold", ["readiness:on_time_share:carrier:bad"]),
            ("dora", "exception", ["ticket_open"]),
            ("emil", "send", []),
        ),
        REASONS,
    )

    assert found == [
        LeftOut(
            verdict="exception", says="they have an open ticket", until="it is resolved", subjects=3, people=2, also=0
        ),
        LeftOut(
            verdict="capped",
            says="they had a message within a day",
            until="24 hours after it",
            subjects=1,
            people=1,
            also=1,
        ),
        LeftOut(
            verdict="hold",
            says="the shop is not dependable enough (on time share, carrier:bad)",
            until="the check passes",
            subjects=1,
            people=1,
            also=0,
        ),
    ]


def test_nobody_left_out() -> None:
    """Where everybody is written to there is nothing to tell."""
    assert left_out(decisions(("ann", "send", [])), REASONS) == []
