"""Frozen records and closed vocabularies that more than one stage uses."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo


class CheckVerdict(StrEnum):
    """What a readiness check found. Everything but PASS and WARN holds the programs that need the check."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    WARN = "warn"
    HOLD = "hold"
    INSUFFICIENT = "insufficient"


class DecisionVerdict(StrEnum):
    """What was decided for one customer, program and subject."""

    SEND = "send"
    HOLD = "hold"
    NO_CONSENT = "no_consent"
    SUPPRESSED = "suppressed"
    EXCEPTION = "exception"
    CAPPED = "capped"
    LOST_ARBITRATION = "lost_arbitration"
    DEFERRED = "deferred"
    MERGED = "merged"
    EXPIRED = "expired"
    HOLDOUT = "holdout"
    NO_DATA = "no_data"


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """The night that is looked at: everything the shop had received by the end of *run_date* in its own time zone."""

    run_date: date
    timezone: str

    @property
    def cutoff(self) -> datetime:
        """Return the end of the run date as a naive UTC instant; rows learned before it count."""
        midnight = datetime.combine(self.run_date + timedelta(days=1), time(), tzinfo=ZoneInfo(self.timezone))
        return midnight.astimezone(UTC).replace(tzinfo=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One nightly run: which night, for which shop, from where to where.

    now is a naive UTC instant. built is the folder that the stages fill; it becomes ``runs/<date>`` when whole.
    """

    as_of: AsOf
    now: datetime
    data: Path
    runs: Path

    @property
    def run_date(self) -> date:
        """Return the night's date, the last day that is fully known."""
        return self.as_of.run_date

    @property
    def published(self) -> Path:
        """Return the run folder."""
        return self.runs / self.run_date.isoformat()

    @property
    def built(self) -> Path:
        """Return the folder in which the run is being built."""
        return self.runs / ".building" / self.run_date.isoformat()

    @property
    def snapshot(self) -> Path:
        """Return the folder of checked canonical tables as of the night; it is not part of the run folder."""
        return self.runs / ".snapshot" / self.run_date.isoformat()


def naive_utc(moment: datetime) -> datetime:
    """Return an instant as naive UTC; one without a zone is taken as UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
