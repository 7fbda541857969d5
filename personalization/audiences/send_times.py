"""When a message would reach each customer: at the shop's sending hour of the next day, on the customer's own clock."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa


def send_times(
    timezones: Iterable[str],
    *,
    run_date: date,
    cutoff: datetime,
    send_hour: int,
    shop_timezone: str,
    moment: datetime | None = None,
) -> pa.Table:
    """Return one row per time zone: send_at and the starts of the contact budget's windows, all naive UTC instants.

    The row with an empty time zone serves those who have none; a name that is no time zone counts as none. East of the
    shop the hour of the next day may lie before *cutoff*; those people are written to a day later.
    With *moment*, as when an approved message is about to leave, that is everybody's time.
    """
    names = sorted({"", *timezones})
    instants = [
        moment or _send_at(_zone(name, shop_timezone), run_date=run_date, cutoff=cutoff, send_hour=send_hour)
        for name in names
    ]
    instant = pa.timestamp("us")
    return pa.table(
        {
            "timezone": pa.array(names, pa.string()),
            "send_at": pa.array(instants, instant),
            "day_before_at": pa.array([at - timedelta(days=1) for at in instants], instant),
            "week_before_at": pa.array([at - timedelta(days=7) for at in instants], instant),
            "month_before_at": pa.array([at - timedelta(days=30) for at in instants], instant),
        }
    )


def _zone(name: str, shop_timezone: str) -> ZoneInfo:
    try:
        return ZoneInfo(name or shop_timezone)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(shop_timezone)


def _send_at(zone: ZoneInfo, *, run_date: date, cutoff: datetime, send_hour: int) -> datetime:
    # An hour that a clock skips is read by the clock before the change, one that comes twice is the first of the two.
    for days in (1, 2):
        local = datetime.combine(run_date + timedelta(days=days), time(send_hour), tzinfo=zone)
        at = local.astimezone(UTC).replace(tzinfo=None)
        if at >= cutoff:
            break
    return at
