"""What is looked at again at the moment of sending."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from personalization import morning

NOW = datetime(2026, 11, 23, 10)


def suppressions(*learned: datetime | None) -> pa.Table:
    stamp = pa.timestamp("us")
    return pa.table(
        {
            "received_at": pa.array(learned, stamp),
            "suppressed_at": pa.array([datetime(2020, 1, 1)] * len(learned), stamp),
        }
    )


@pytest.mark.parametrize(
    ("written", "newest_row", "learned"),
    [
        (datetime(2026, 11, 23, 6), datetime(2026, 11, 1), datetime(2026, 11, 23, 6)),  # no new entry, but a new file
        (datetime(2026, 11, 20), datetime(2026, 11, 23, 9), datetime(2026, 11, 23, 9)),
        (datetime(2026, 11, 20), datetime(2026, 11, 1), datetime(2026, 11, 20)),
        (
            datetime(2027, 1, 1),
            datetime(2026, 11, 23, 9),
            datetime(2026, 11, 23, 9),
        ),  # written after now: tells nothing
    ],
)
def test_a_suppression_list_is_as_new_as_its_file_or_its_newest_row(
    tmp_path: Path, written: datetime, newest_row: datetime, learned: datetime
) -> None:
    """A list without a new entry is fresh when its file is."""
    path = tmp_path / "suppressions.parquet"
    path.touch()
    seconds = written.replace(tzinfo=UTC).timestamp()
    os.utime(path, (seconds, seconds))

    assert morning._learned_at(tmp_path, suppressions(newest_row), NOW) == learned


def test_a_list_whose_every_time_lies_later_has_no_age(tmp_path: Path) -> None:
    """Neither a file written after now nor a row learned after now tells how old the list is."""
    path = tmp_path / "suppressions.csv"
    path.touch()
    os.utime(path, (NOW.replace(tzinfo=UTC).timestamp() + 60,) * 2)

    assert morning._learned_at(tmp_path, suppressions(datetime(2026, 11, 23, 11)), NOW) is None


@pytest.mark.parametrize(
    ("sent", "reasons", "is_held"),
    [
        (0, {"readiness:on_time_share": 3, "consent_unsubscribed": 1}, True),
        (5, {"readiness:on_time_share": 3}, False),
        (0, {"readiness:on_time_share:carrier:swiftline": 1}, False),
        (0, {"consent_unsubscribed": 1}, False),
    ],
)
def test_readiness_alone_is_told_apart(sent: int, reasons: dict[str, int], is_held: bool) -> None:
    """An alarm is worth it when nothing left and whole programs are held, not for single orders or people."""
    held = morning._held_by_readiness({"sent": sent, "reasons": reasons})

    assert (held is not None) == is_held
    assert held is None or "(on_time_share 3)" in held


def test_an_empty_list_is_as_new_as_its_file(tmp_path: Path) -> None:
    """A shop whose list is empty may send as long as the list is delivered."""
    path = tmp_path / "suppressions.csv"
    path.touch()
    os.utime(path, (NOW.replace(tzinfo=UTC).timestamp() - 3600,) * 2)

    assert morning._learned_at(tmp_path, suppressions(), NOW) == datetime(2026, 11, 23, 9)
