"""Which night is run, and what the pipeline does between the stages."""

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from personalization import pipeline
from personalization.errors import WrongUse
from personalization.records import AsOf

SHOP = """
name = "A shop"
timezone = "{zone}"
[brand]
site_url = "https://shop.example"
support_url = "https://shop.example/help"
postal_address = "1 Example Street, London"
[programs.onboarding]
owner = "care"
metric = "tickets"
recurrence = "nightly"
"""


def planned(folder: Path, *, zone: str, now: datetime, run_date: date | None = None) -> date:
    (folder / "shop.toml").write_text(SHOP.format(zone=zone), encoding="utf-8")
    plan = pipeline.plan_night(
        shop_file=folder / "shop.toml", data=folder, runs=folder / "runs", run_date=run_date, now=now
    )
    return plan.night.run_date


@pytest.mark.parametrize(
    ("zone", "now", "night"),
    [
        ("Europe/London", datetime(2026, 11, 23, 2), date(2026, 11, 22)),
        ("Europe/London", datetime(2026, 7, 1, 23, 30), date(2026, 7, 1)),  # half past midnight there
        ("America/New_York", datetime(2026, 11, 23, 2), date(2026, 11, 21)),  # nine in the evening there
        ("Asia/Tokyo", datetime(2026, 11, 22, 17, tzinfo=UTC), date(2026, 11, 22)),
    ],
)
def test_the_night_is_yesterday_where_the_shop_is(tmp_path: Path, zone: str, now: datetime, night: date) -> None:
    """Without a date the last day that has wholly passed in the shop's time zone is run."""
    assert planned(tmp_path, zone=zone, now=now) == night


def test_a_given_date_is_run(tmp_path: Path) -> None:
    """A date on the command line wins over the clock."""
    night = planned(tmp_path, zone="Europe/London", now=datetime(2026, 11, 23), run_date=date(2026, 1, 5))

    assert night == date(2026, 1, 5)


def test_a_day_that_has_not_ended_is_refused(tmp_path: Path) -> None:
    """A night in the future would push out the real ones; it is wrong use."""
    with pytest.raises(WrongUse, match="has not ended"):
        planned(tmp_path, zone="Europe/London", now=datetime(2026, 11, 23), run_date=date(2026, 11, 23))


@pytest.mark.parametrize(
    ("day", "zone", "cutoff"),
    [
        (date(2026, 11, 22), "Europe/London", datetime(2026, 11, 23)),
        (date(2026, 7, 1), "Europe/London", datetime(2026, 7, 1, 23)),
        (date(2026, 3, 29), "Europe/Berlin", datetime(2026, 3, 29, 22)),  # the day has 23 hours
        (date(2026, 7, 1), "America/New_York", datetime(2026, 7, 2, 4)),
    ],
)
def test_a_night_ends_at_the_shops_midnight(day: date, zone: str, cutoff: datetime) -> None:
    """What came in before midnight in the shop's time zone counts, summer time included."""
    assert AsOf(run_date=day, timezone=zone).cutoff == cutoff


def test_what_cannot_be_written_is_no_longer_to_be_sent() -> None:
    """A decision whose message could not be written truthfully becomes no_data, with the reason first."""
    decisions = pa.table(
        {
            "customer_id": ["c1", "c2"],
            "program": ["onboarding", "onboarding"],
            "subject": ["l1", "l2"],
            "verdict": ["send", "send"],
            "reasons": pa.array([[], []], pa.list_(pa.string())),
            "skus": pa.array([["a"], ["b"]], pa.list_(pa.string())),
        }
    )
    withheld = pa.table({"customer_id": ["c2"], "program": ["onboarding"], "subject": ["l2"], "reason": ["no_title"]})
    changed = pipeline._withhold(decisions, withheld)

    assert changed["verdict"].to_pylist() == ["send", "no_data"]
    assert changed["reasons"].to_pylist() == [[], ["content:no_title"]]
    assert changed.schema.names == decisions.schema.names
