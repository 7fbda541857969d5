"""Nothing leaves unless the list of those who must not be written to is there, new and whole (R57)."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Engine, select

from personalization.errors import BadInput
from personalization.export.recheck import Recheck
from personalization.settings import Export
from personalization.store.state import insert_absent, reading, writing
from personalization.store.tables import suppression_counts as counts


def refuse_unfit_suppressions(
    engine: Engine, *, recheck: Recheck, channels: Iterable[str], now: datetime, settings: Export
) -> None:
    """Raise BadInput when the suppressions are missing, of unknown age, too old, or shorter by more than allowed."""
    if not recheck.has_suppressions:
        raise BadInput("suppressions: the table is missing, so nothing is sent; import it and export again")
    learned_at = recheck.suppressions_learned_at
    if learned_at is None:
        raise BadInput(
            f"suppressions: the table is there, but neither its file nor a row of it is known to be from before "
            f"{now} UTC, so nobody can say how old it is and nothing is sent; check the time of the export and of "
            "the file, or import it anew"
        )
    hours = settings.suppression_max_age_hours
    if now - learned_at > timedelta(hours=hours):
        raise BadInput(
            f"suppressions: received last at {learned_at} UTC, more than {hours:g} hours ago, so nothing is sent; "
            "import them anew and export again"
        )
    for channel in sorted(channels):
        before, now_rows = _last_count(engine, channel), recheck.suppression_counts.get(channel, 0)
        if before is not None and now_rows < before * (1 - settings.suppression_max_shrink_share):
            raise BadInput(
                f"suppressions: {channel} has {now_rows:,} rows and had {before:,}, a loss of more than "
                f"{settings.suppression_max_shrink_share:.0%}, so nothing is sent; import the whole list, or confirm "
                "that the shorter one is right"
            )


def accept_suppression_counts(engine: Engine, row_counts: Mapping[str, int], *, counted_at: datetime) -> None:
    """Keep how long each channel's list was, for the next comparison.

    The export does so when it trusts a list; a person does so to confirm that a shorter list is right.
    """
    rows = [{"channel": name, "counted_at": counted_at, "row_count": count} for name, count in row_counts.items()]
    with writing(engine) as connection:
        insert_absent(connection, counts, rows)


def _last_count(engine: Engine, channel: str) -> int | None:
    newest = select(counts.c.row_count).where(counts.c.channel == channel).order_by(counts.c.counted_at.desc()).limit(1)
    with reading(engine) as connection:
        return connection.execute(newest).scalar_one_or_none()
