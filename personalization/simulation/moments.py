"""Moments and working days of whole columns: moments are seconds since 1970 in UTC, days are days since then."""

import numpy as np

from personalization.simulation.chance import Numbers, Whole

HOUR = 3600
DAY = 86_400


def at_hour(days: Whole, hours: Numbers | float) -> Whole:
    """Return the moment *hours* after the start of each day."""
    return np.asarray(days * DAY + np.floor(np.asarray(hours) * HOUR), dtype=np.int64)


def day_of(moments: Whole) -> Whole:
    """Return the day of each moment."""
    return moments // DAY


def later(moments: Whole, *, hours: Numbers | float) -> Whole:
    """Return each moment *hours* later, in whole seconds."""
    return np.asarray(moments + np.floor(np.asarray(hours) * HOUR), dtype=np.int64)


def working_day(days: Whole, *, after: Whole | int) -> Whole:
    """Return the working day (Monday to Friday) that is *after* working days later; 0 is the same or the next one."""
    shifted = np.busday_offset(days.astype("datetime64[D]"), after, roll="forward")
    return np.asarray(shifted).astype("datetime64[D]").astype(np.int64)
