"""At the export everybody's time is now, and the contact budget counts back from it."""

from datetime import datetime

import pytest

from personalization.audiences import build_decisions
from personalization.audiences.send_times import send_times
from tests.unit.audiences import night

DAYS = ("day", "week", "month")


def test_at_the_export_everybody_is_written_to_now() -> None:
    """The sending hour was settled on the night; after it the windows must not move to the next day."""
    now = datetime(2011, 11, 21, 10, 30)

    times = send_times(
        ["Asia/Tokyo"],
        run_date=now.date(),
        cutoff=now,
        send_hour=10,
        shop_timezone="Europe/London",
        moment=now,
    )

    assert times["send_at"].to_pylist() == [now] * 2
    assert [(now - times[f"{name}_before_at"][0].as_py()).days for name in DAYS] == [1, 7, 30]


@pytest.mark.parametrize(
    ("sent_at", "verdict"),
    [("2011-11-21T09:00", "capped"), ("2011-11-20T10:31", "capped"), ("2011-11-20T10:30", "send")],
)
def test_a_newsletter_of_the_last_day_counts_at_the_export(sent_at: str, verdict: str) -> None:
    """One marketing message in a day, whoever sent the first one, though the sending hour has passed."""
    now = datetime(2011, 11, 21, 10, 30)
    messages = "message_id | customer_id | source | class | program | channel | sent_at\n"
    messages += f"n1 | ann | esp | marketing | newsletter | email | {sent_at}"

    decided = build_decisions(
        night.world(messages=messages),
        run_date=night.RUN_DATE,
        cutoff=now,
        shop=night.SHOP,
        segments=night.SEGMENTS,
        readiness=night.passing(),
        moment=now,
    )

    assert night.verdicts(decided)["ann", "onboarding", "l1"][0] == verdict
