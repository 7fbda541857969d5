"""The one switch that stops every export at once."""

from datetime import datetime

from sqlalchemy import Connection, Engine, delete, insert, select

from personalization.store.state import writing
from personalization.store.tables import switches

_EXPORTS = "exports"


def pause_exports(engine: Engine, *, changed_by: str, reason: str, now: datetime) -> None:
    """Stop all exports; one that is running stops after the batch it is at."""
    _switch(engine, is_paused=True, changed_by=changed_by, reason=reason, now=now)


def resume_exports(engine: Engine, *, changed_by: str, reason: str, now: datetime) -> None:
    """Let exports go on; what expired meanwhile stays unsent."""
    _switch(engine, is_paused=False, changed_by=changed_by, reason=reason, now=now)


def _switch(engine: Engine, *, is_paused: bool, changed_by: str, reason: str, now: datetime) -> None:
    row = {"name": _EXPORTS, "is_paused": is_paused, "changed_by": changed_by, "changed_at": now, "reason": reason}
    with writing(engine) as connection:
        connection.execute(delete(switches).where(switches.c.name == _EXPORTS))
        connection.execute(insert(switches).values(row))


def exports_paused(connection: Connection) -> bool:
    """Return whether exports are stopped."""
    found = connection.execute(select(switches.c.is_paused).where(switches.c.name == _EXPORTS)).scalar_one_or_none()
    return bool(found)
