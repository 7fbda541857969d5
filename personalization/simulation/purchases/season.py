"""When people buy: days of the world in calendar time and in seasonal time, where every day has the same demand.

Days are counted from the world's begin, a Monday. A wait that is drawn in seasonal time and turned into days brings
weekdays, seasons and the peak by itself.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from personalization.simulation.chance import Flags, Numbers, Whole
from personalization.simulation.purchase_parameters import PurchaseParameters

BEGIN = datetime(2024, 1, 1)  # noqa: DTZ001 - instants of canonical tables are naive UTC
BEGIN_DAY = int(BEGIN.replace(tzinfo=UTC).timestamp()) // 86_400  # days since 1970
LONGEST_DAYS = 1460  # four years; people stop arriving then
_TABLE_DAYS = LONGEST_DAYS + 30
SLOT_DAYS = 3  # whoever needs several things within three days orders them together


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """The demand of each day: cumulative has one more entry than there are days, and grows by about 1 a day."""

    cumulative: Numbers
    is_sale: Flags  # Black Friday to Cyber Monday
    is_gift_time: Flags  # Black Friday to Christmas

    def day_at(self, moments: Numbers) -> Whole:
        """Return the day that each moment of seasonal time falls on; beyond the table it is the day after its last."""
        return np.searchsorted(self.cumulative[1:], moments, side="right").astype(np.int64)

    def at_day(self, days: Whole) -> Numbers:
        """Return the seasonal time at which each day starts."""
        return self.cumulative[np.clip(days, 0, _TABLE_DAYS)]

    def day_in_slot(self, slots: Whole, draws: Numbers) -> Whole:
        """Return a day of each slot of SLOT_DAYS days, busy days more often."""
        start = self.at_day(slots * SLOT_DAYS)
        days = self.day_at(start + draws * (self.at_day(slots * SLOT_DAYS + SLOT_DAYS) - start))
        return np.clip(days, slots * SLOT_DAYS, slots * SLOT_DAYS + SLOT_DAYS - 1)


def build_season(parameters: PurchaseParameters) -> Season:
    """Return the demand of each day of the longest world."""
    days = [BEGIN.date() + timedelta(days=number) for number in range(_TABLE_DAYS)]
    weights = np.array([_weight(day, parameters) for day in days])
    fridays = [_black_friday(day.year) for day in days]
    pairs = list(zip(days, fridays, strict=True))
    return Season(
        cumulative=np.concatenate([[0.0], np.cumsum(weights / weights[:365].mean())]),
        is_sale=np.array([0 <= (day - friday).days <= 3 for day, friday in pairs]),
        is_gift_time=np.array([friday <= day <= date(day.year, 12, 24) for day, friday in pairs]),
    )


def _weight(day: date, parameters: PurchaseParameters) -> float:
    usual = parameters.weekday_weights[day.weekday()] * parameters.month_weights[day.month - 1]
    friday = _black_friday(day.year)
    if day == friday:
        return usual * parameters.black_friday_weight
    if 0 < (day - friday).days <= 7:
        return usual * parameters.cyber_week_weight
    if friday < day <= date(day.year, 12, 14):
        return usual * parameters.advent_weight
    return usual


def _black_friday(year: int) -> date:
    """Return the day after the fourth Thursday of November."""
    first = date(year, 11, 1)
    return first + timedelta(days=(3 - first.weekday()) % 7 + 22)
