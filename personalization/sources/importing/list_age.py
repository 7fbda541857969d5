"""How old the list of suppressions is: as old as the systems' exports, however late or often they are imported."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from personalization.sources.importing.feeds import Imported

LIST = "suppressions"


def made_at(path: Path, *, exported_at: datetime | None, now: datetime) -> datetime:
    """Return when a file was made: what somebody said, else the file's own time, and never after *now*."""
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
    return min(exported_at or written, now)


def date_list(path: Path, imports: Iterable[Imported]) -> None:
    """Give the list at *path* the time of the exports that it came from (docs/adr/0005).

    Of one system the newest export counts, of several systems that one of them which is oldest: a list that one tool
    delivered this morning says nothing of whom another tool knows. Imports of other tables make no list newer.
    """
    newest: dict[str, datetime] = {}
    for one in imports:
        if LIST in one.tables:
            moment = datetime.fromisoformat(one.made_at or one.as_of)
            newest[one.system] = max(newest.get(one.system, moment), moment)
    if newest and path.exists():
        seconds = min(newest.values()).replace(tzinfo=UTC).timestamp()
        os.utime(path, (seconds, seconds))
