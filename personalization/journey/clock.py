"""The shop's clock as a small table, so that SQL can tell the shop's own day of an instant without knowing of zones."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa

LOOK_BACK_DAYS = 3 * 366  # our choice: what arrived earlier is far from every window; its day may be off by one
_FIRST = datetime.fromisoformat("1000-01-01")
_LAST = datetime.fromisoformat("9999-12-31")
_SECOND = timedelta(seconds=1)


def clock_offsets(timezone: str, *, cutoff: datetime) -> pa.Table:
    """Return how far the shop's clock was ahead of UTC, one row for each stretch between two changes of the clock.

    utc_from and utc_to (the end, excluded) are naive UTC instants, offset_seconds is to be added to one of them. The
    stretches cover all time without a gap; changes are known for three years before *cutoff*.
    """
    zone = ZoneInfo(timezone)
    day = cutoff - timedelta(days=LOOK_BACK_DAYS)
    starts, offsets = [_FIRST], [_offset(zone, day)]
    while day < cutoff + timedelta(days=1):
        following = day + timedelta(days=1)
        if _offset(zone, following) != offsets[-1]:
            starts.append(_change(zone, day, following))
            offsets.append(_offset(zone, following))
        day = following
    instant = pa.timestamp("us")
    return pa.table(
        {
            "utc_from": pa.array(starts, instant),
            "utc_to": pa.array([*starts[1:], _LAST], instant),
            "offset_seconds": pa.array([int(offset.total_seconds()) for offset in offsets], pa.int64()),
        }
    )


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    offset = at.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    assert offset is not None  # a zone of zoneinfo always knows
    return offset


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the first whole second after *before* at which the clock shows what it shows at *after*."""
    before = before.replace(microsecond=0)
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _offset(zone, middle) == _offset(zone, after):
            after = middle
        else:
            before = middle
    return after.replace(microsecond=0)
