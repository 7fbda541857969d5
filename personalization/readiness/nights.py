"""The nights that are judged in one pass: tonight and those before it that hysteresis needs."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pyarrow as pa

from personalization.readiness.verdict import CLEAN_NIGHTS
from personalization.records import AsOf

_BEFORE_ALL = datetime(1000, 1, 1)  # noqa: DTZ001 - instants are naive UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedAtNight:
    """A night to judge: its date, the instant before which things count (naive UTC) and the shop's offset from UTC."""

    index: int
    night_on: date
    cutoff: datetime
    utc_offset: timedelta


def looked_at_nights(
    *, run_date: date, cutoff: datetime, timezone: str, count: int = CLEAN_NIGHTS
) -> tuple[LookedAtNight, ...]:
    """Return tonight, which ends at *cutoff*, and the nights before it, *count* in all, the newest first."""
    nights: list[LookedAtNight] = []
    for back in range(count):
        as_of = AsOf(run_date=run_date - timedelta(days=back), timezone=timezone)
        end = cutoff
        if nights:  # a cutoff before the run date's own end pushes the nights before it back
            later = nights[-1].cutoff
            end = as_of.cutoff if as_of.cutoff < later else later - timedelta(days=1)
        utc_offset = datetime.combine(as_of.run_date + timedelta(days=1), time()) - as_of.cutoff
        nights.append(LookedAtNight(index=back, night_on=as_of.run_date, cutoff=end, utc_offset=utc_offset))
    return tuple(nights)


def nights_table(nights: tuple[LookedAtNight, ...]) -> pa.Table:
    """Return the nights as the table that the SQL of the checks joins.

    Columns: night, night_on, cutoff, opened_at (when the night before ended), cutoff_epoch, utc_offset_seconds.
    """
    cutoffs = [night.cutoff for night in nights]
    instant = pa.timestamp("us")
    return pa.table(
        {
            "night": pa.array([night.index for night in nights], type=pa.int32()),
            "night_on": pa.array([night.night_on for night in nights], type=pa.date32()),
            "cutoff": pa.array(cutoffs, type=instant),
            "opened_at": pa.array([*cutoffs[1:], _BEFORE_ALL], type=instant),
            "cutoff_epoch": pa.array(
                [int(cutoff.replace(tzinfo=UTC).timestamp()) for cutoff in cutoffs], type=pa.int64()
            ),
            "utc_offset_seconds": pa.array(
                [int(night.utc_offset.total_seconds()) for night in nights], type=pa.int64()
            ),
        }
    )
