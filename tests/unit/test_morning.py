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


def test_an_empty_list_is_as_new_as_its_file(tmp_path: Path) -> None:
    """A shop whose list is empty may send as long as the list is delivered."""
    path = tmp_path / "suppressions.csv"
    path.touch()
    os.utime(path, (NOW.replace(tzinfo=UTC).timestamp() - 3600,) * 2)

    assert morning._learned_at(tmp_path, suppressions(), NOW) == datetime(2026, 11, 23, 9)
