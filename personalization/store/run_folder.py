"""The run folder: its manifest, the check that no byte of it changed, and its way into place.

``runs/<date>/manifest.json`` holds the digest of every other file. The digest of the manifest itself therefore stands
for the whole night; approvals are bound to it.
"""

import fcntl
import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, Engine, Row, and_, insert, or_, select, text, true, update

from personalization.errors import BadInput, PostludeError, WrongUse
from personalization.store import files
from personalization.store.state import reading, writing
from personalization.store.tables import LIVE, RunStatus, approvals, ledger, runs

MANIFEST = "manifest.json"
MESSAGES = "messages.parquet"
_LOCK = "run.lock"
_NAME = ".name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a run folder says of itself.

    digest is that of manifest.json; files maps each file's path in the folder to its digest; content is everything
    the night wrote into the manifest.
    """

    run_date: date
    digest: str
    files: Mapping[str, str]
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A run as the state database knows it. is_new is false where the same bytes had been published before."""

    run_id: int
    digest: str
    is_new: bool


def write_manifest(folder: Path, content: Mapping[str, Any]) -> str:
    """Write manifest.json over every file that is in *folder*, with *content* beside the digests; return its digest.

    content: counts, versions and seeds; no time, duration or host, so that the same night gives the same bytes.
    """
    path = folder / MANIFEST
    digests = {
        file.relative_to(folder).as_posix(): files.file_digest(file) for file in _files_of(folder) if file != path
    }
    files.write_json(path, {**content, "files": digests})
    return files.file_digest(path)


def _files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def read_manifest(folder: Path) -> Manifest:
    """Return what the run folder *folder* says of itself; its files are not looked at, see verify_run.

    Raises WrongUse when this is no run folder, and BadInput when manifest.json cannot be read.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise WrongUse(f"{folder}: not a run folder, for it has no {MANIFEST}; name one such as runs/2011-11-20")
    try:
        written = path.read_bytes()
        content = json.loads(written)
        digests = dict(content["files"])
        run_date = date.fromisoformat(folder.resolve().name)
    except (ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path}: not a manifest of a night; run the night again") from error
    digest = hashlib.sha256(written).hexdigest()
    return Manifest(run_date=run_date, digest=digest, files=digests, content=content)


def verify_run(folder: Path) -> Manifest:
    """Return the manifest of the run folder *folder* after holding every file against it.

    Raises WrongUse when this is no run folder or a file is missing or changed, naming the first one, and BadInput when
    manifest.json cannot be read.
    """
    manifest = read_manifest(folder)
    for name in sorted(manifest.files):
        verified(folder, manifest, name)
    return manifest


def verified(folder: Path, manifest: Manifest, name: str) -> Path:
    """Return the path of the file *name* of a run folder; raises WrongUse when it is missing or changed."""
    file = folder / name
    if name not in manifest.files or not file.is_file() or files.file_digest(file) != manifest.files[name]:
        raise WrongUse(f"{file}: changed since the night was published; run the night again and review it anew")
    return file


@contextmanager
def run_lock(runs_folder: Path) -> Iterator[None]:
    """Let one nightly at a time build in a runs folder; the lock ends with the process, however that ends.

    Raises WrongUse when another one holds it.
    """
    runs_folder.mkdir(parents=True, exist_ok=True)
    with (runs_folder / _LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise WrongUse(
                f"{runs_folder}: another nightly is running there; wait for it, or choose another --runs"
            ) from error
        yield


def begin(published: Path, built: Path) -> None:
    """Make an empty folder *built* for a night, and mend *published* where an earlier publication was cut off."""
    files.restore_folder(published)
    shutil.rmtree(built, ignore_errors=True)
    built.mkdir(parents=True)


def reopen(published: Path, built: Path) -> None:
    """Copy a published night back to *built* where nothing is being built, for a step that is run again.

    That is a task cleared later, or a publication that moved the folder and then could not reach the state database.
    """
    if built.exists() or not published.exists():
        return
    copied = built.with_name(f".{built.name}.copied")
    shutil.rmtree(copied, ignore_errors=True)
    shutil.copytree(published, copied)
    copied.rename(built)


def publish(
    engine: Engine,
    *,
    built: Path,
    target: Path,
    origin: str,
    started_by: str,
    now: datetime,
    is_held: bool,
) -> Publication:
    """Move the finished folder *built* to *target* (``runs/<date>``) and record the run; now is a naive UTC instant.

    The same bytes as before change nothing and keep their approval. Other bytes void the night's earlier builds, and a
    new night voids the older ones: what they have not sent is decided anew. A night older than one that is published
    is recorded as voided. Raises WrongUse when something of the night was sent and the bytes differ.
    """
    files.restore_folder(target)
    facts = {
        "folder": folder_name(target),
        "run_date": date.fromisoformat(target.name),
        "manifest_digest": files.file_digest(built / MANIFEST),
        "published_at": now,
        "origin": origin,
        "started_by": started_by,
        "is_held": is_held,
        **_message_facts(built / MESSAGES),
    }
    with writing(engine) as connection:
        lock_runs(connection)
        known = find_run(connection, target, facts["manifest_digest"])
        if _holds(target, facts["manifest_digest"]):
            shutil.rmtree(built)
            if known is not None and (known.status == RunStatus.PUBLISHED or _has_newer(connection, facts)):
                return Publication(run_id=known.run_id, digest=known.manifest_digest, is_new=False)
        else:
            _refuse_to_replace_sent(connection, target, facts, known_id=None if known is None else known.run_id)
            files.replace_folder(built, target)
        _void_others(connection, facts)
        run_id = _record(connection, facts, known_id=None if known is None else known.run_id)
        return Publication(run_id=run_id, digest=facts["manifest_digest"], is_new=True)


def folder_name(run: Path) -> str:
    """Return how the state database names the runs folder that the run folder *run* lies in.

    The name is drawn once and lies in the folder, so that a moved folder, or one mounted elsewhere, stays the same one.
    """
    return name_runs_folder(run.resolve().parent)


def name_runs_folder(runs_folder: Path) -> str:
    """Return the name that lies in a runs folder, drawing it where there is none."""
    path = runs_folder / _NAME
    if not path.exists():
        runs_folder.mkdir(parents=True, exist_ok=True)
        drawn = path.with_name(f"{_NAME}.{uuid4().hex}")
        drawn.write_text(uuid4().hex, encoding="utf-8")
        with suppress(FileExistsError):
            path.hardlink_to(drawn)  # whoever comes first draws the name
        drawn.unlink()
    return path.read_text(encoding="utf-8").strip()


def find_run(connection: Connection, run: Path, digest: str) -> Row[Any] | None:
    """Return the row of ``runs`` for the run folder *run* with the manifest *digest*, or None.

    On PostgreSQL the row stays locked to the end of the transaction, so that it cannot be voided meanwhile.
    """
    is_it = and_(
        runs.c.folder == folder_name(run),
        runs.c.run_date == date.fromisoformat(run.resolve().name),
        runs.c.manifest_digest == digest,
    )
    return connection.execute(select(runs).where(is_it).with_for_update()).one_or_none()


def published_id(engine: Engine, run: Path, digest: str) -> int | None:
    """Return the id under which the state database knows the run folder *run* with the manifest *digest*, or None."""
    with reading(engine) as connection:
        row = find_run(connection, run, digest)
    return None if row is None else int(row.run_id)


def lock_runs(connection: Connection) -> None:
    """Let nobody else publish until the transaction ends; SQLite's writers are alone anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE runs IN SHARE ROW EXCLUSIVE MODE"))


def _message_facts(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {"message_count": 0, "expires_at": None}
    expiries = pq.read_table(path, columns=["expires_at"])["expires_at"]
    return {"message_count": len(expiries), "expires_at": pc.max(expiries).as_py()}


def _holds(target: Path, digest: str) -> bool:
    """Return whether *target* is the run with the manifest *digest*, every file of it as it was."""
    try:
        return verify_run(target).digest == digest
    except PostludeError:
        return False


def _refuse_to_replace_sent(
    connection: Connection, target: Path, facts: Mapping[str, Any], *, known_id: int | None
) -> None:
    """Refuse when another build of the night was sent; the very build that was sent may be put back in its place."""
    is_this_night = and_(runs.c.folder == facts["folder"], runs.c.run_date == facts["run_date"])
    is_other_build = true() if known_id is None else runs.c.run_id != known_id
    left = (
        select(ledger.c.message_id).join(runs).where(is_this_night, is_other_build, ledger.c.status.in_(LIVE)).limit(1)
    )
    if connection.execute(left).first() is not None:
        raise WrongUse(f"{target}: messages of this night were sent, so it is not replaced; use another --runs")


def _has_newer(connection: Connection, facts: Mapping[str, Any]) -> bool:
    newer = select(runs.c.run_id).where(
        runs.c.folder == facts["folder"],
        runs.c.run_date > facts["run_date"],
        runs.c.status == RunStatus.PUBLISHED,
    )
    return connection.execute(newer.limit(1)).first() is not None


def _void_others(connection: Connection, facts: Mapping[str, Any]) -> None:
    """Void the older nights and the other builds of this one, with their approvals."""
    night, now = facts["run_date"], facts["published_at"]
    is_other = and_(
        runs.c.folder == facts["folder"],
        runs.c.status == RunStatus.PUBLISHED,
        or_(
            runs.c.run_date < night, and_(runs.c.run_date == night, runs.c.manifest_digest != facts["manifest_digest"])
        ),
    )
    voided = list(connection.execute(select(runs.c.run_id).where(is_other)).scalars())
    void = {"voided_at": now, "void_reason": f"night {night} was published over it"}
    connection.execute(update(runs).where(runs.c.run_id.in_(voided)).values(status=RunStatus.VOIDED, **void))
    is_open = and_(approvals.c.run_id.in_(voided), approvals.c.voided_at.is_(None))
    connection.execute(update(approvals).where(is_open).values(**void))


def _record(connection: Connection, facts: Mapping[str, Any], *, known_id: int | None) -> int:
    if _has_newer(connection, facts):
        status = {
            "status": RunStatus.VOIDED,
            "voided_at": facts["published_at"],
            "void_reason": "a newer night had been published",
        }
    else:
        status = {"status": RunStatus.PUBLISHED, "voided_at": None, "void_reason": None}
    if known_id is not None:
        connection.execute(update(runs).where(runs.c.run_id == known_id).values(**facts, **status))
        return known_id
    return int(connection.execute(insert(runs).values(**facts, **status).returning(runs.c.run_id)).scalar_one())
