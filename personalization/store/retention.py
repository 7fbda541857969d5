"""Prunes old run folders and says how much room each night takes. The state database keeps what it knows of them."""

import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, and_, or_, select

from personalization.store import files
from personalization.store.run_folder import folder_name
from personalization.store.state import reading
from personalization.store.tables import UNSETTLED, Decision, RunStatus, approvals, ledger, runs

_LEFTOVERS = (".building", ".snapshot")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """The nights whose folders were removed, and old ones that stay because something about them is unsettled."""

    removed: tuple[date, ...]
    kept: tuple[date, ...]


def prune(engine: Engine, *, runs_folder: Path, nights: int, run_date: date, now: datetime) -> Pruned:
    """Remove the run folders of nights *nights* or more before *run_date*, and what earlier builds left behind.

    A night stays while it waits for a decision or a sending, or while the ledger does not know what became of one of
    its messages. Call it within run_lock.
    """
    dated = sorted(nights_of(runs_folder).items())
    old = [(night, folder) for night, folder in dated if night <= run_date - timedelta(days=nights)]
    unsettled = _unsettled(engine, runs_folder, now=now)
    removed = [(night, folder) for night, folder in old if night not in unsettled]
    for _, folder in removed:
        shutil.rmtree(folder)
    for name in _LEFTOVERS:
        for folder in _folders(runs_folder / name):
            if folder.name != run_date.isoformat():
                shutil.rmtree(folder)
    return Pruned(
        removed=tuple(night for night, _ in removed),
        kept=tuple(night for night, _ in old if night in unsettled),
    )


def disk_use(runs_folder: Path) -> dict[date, int]:
    """Return the bytes that each night's run folder takes, the oldest first."""
    return {
        night: sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        for night, folder in sorted(nights_of(runs_folder).items())
    }


def nights_of(runs_folder: Path) -> dict[date, Path]:
    """Return the run folders by night; a publication that was cut off is mended first."""
    for moved in runs_folder.glob(".*.old"):
        files.restore_folder(runs_folder / moved.name.removeprefix(".").removesuffix(".old"))
    found = {}
    for folder in _folders(runs_folder):
        try:
            found[date.fromisoformat(folder.name)] = folder
        except ValueError:
            continue  # logs and the like
    return found


def _folders(parent: Path) -> list[Path]:
    return sorted(path for path in parent.iterdir() if path.is_dir()) if parent.is_dir() else []


def _unsettled(engine: Engine, runs_folder: Path, *, now: datetime) -> set[date]:
    is_here = runs.c.folder == folder_name(runs_folder / "night")
    # Until the last message expires, a published run may still be approved and sent, unless it was rejected.
    standing = and_(approvals.c.run_id == runs.c.run_id, approvals.c.voided_at.is_(None))
    may_go = and_(
        runs.c.status == RunStatus.PUBLISHED,
        runs.c.expires_at > now,
        or_(approvals.c.decision.is_(None), approvals.c.decision != Decision.REJECT),
    )
    pending = select(runs.c.run_date).outerjoin(approvals, standing).where(is_here, may_go)
    in_between = select(runs.c.run_date).join(ledger).where(is_here, ledger.c.status.in_(UNSETTLED))
    with reading(engine) as connection:
        return set(connection.execute(pending.union(in_between)).scalars())
