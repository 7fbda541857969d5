"""What was imported so far: the list of imports, and the landed tables of each feed (a shape of a system's files)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from personalization.contracts import TABLES
from personalization.errors import BadInput
from personalization.sources.checking_reasons import QUARANTINE
from personalization.sources.importing.adapter import Landing, System

FOLDER = "imported"  # in the data folder: what the imports keep beside the canonical tables
_ROLES = ("platform", "any", "tracker", "returns", "helpdesk", "esp")
# Who knows best, where several systems speak of the same thing.
_FIRST = {
    "shipments": "tracker",
    "tracking_events": "tracker",
    "returns": "returns",
    "return_lines": "returns",
    "tickets": "helpdesk",
    "consents": "esp",
    "suppressions": "esp",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """One file that was imported: rows = kept + quarantined. Instants are naive UTC in ISO form.

    as_of is what the file is as new as; made_at when it was made, as far as anybody knows. passed_over counts the kept
    rows that are no row of any table: what an adapter leaves out on purpose, such as a tracking of the way back, what
    only serves other rows, and what it does not know. reading tells how the file was read: another mapping, or another
    version of an adapter, reads it anew.
    """

    system: str
    shape: str
    file: str
    digest: str
    imported_at: str
    as_of: str
    rows: int
    kept: int
    quarantined: int
    unknown_words: Mapping[str, int]
    classified: Mapping[str, int]
    tables: Mapping[str, int]
    made_at: str = ""
    passed_over: int = 0
    reading: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A landed table: one canonical table as one shape of one system gives it."""

    system: System
    shape: str
    landing: Landing
    path: Path
    first_at: datetime

    @property
    def name(self) -> str:
        """Return the feed's name, such as ``shopify/orders``."""
        return f"{self.system.name}/{self.shape}"

    @property
    def rank(self) -> int:
        """Return the place of the feed among those that speak of the same rows; 0 is believed first."""
        first = _FIRST.get(self.landing.table)
        return 0 if self.system.role == first else 1 + _ROLES.index(self.system.role)

    @property
    def lag(self) -> timedelta:
        """Return how long after an event the system usually has it."""
        return timedelta(hours=self.system.lag_hours)


def read_imports(out: Path) -> list[Imported]:
    """Return the imports of a data folder in their lasting order; none where there were none.

    Raises BadInput when the list cannot be read.
    """
    path = out / FOLDER / "imports.json"
    if not path.exists():
        return []
    try:
        found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["imports"]
        return [Imported(**one) for one in found]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path}: cannot be read; remove the folder {FOLDER} and import the files again") from error


def imports_content(imports: Iterable[Imported]) -> dict[str, Any]:
    """Return the list of imports as JSON content, in an order that does not depend on theirs."""
    return {"imports": [asdict(one) for one in sorted(imports, key=lambda one: (one.system, one.shape, one.digest))]}


def reading_of(system: System) -> str:
    """Return the digest of how a system's files are read: of every SELECT and key of every shape."""
    told = [
        (shape.name, landing.table, landing.select, landing.key, landing.undated, landing.parent)
        for shape in system.shapes
        for landing in shape.landings
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def imports_told(out: Path) -> list[dict[str, Any]]:
    """Return what a report says of each imported file: system, file, rows, kept, quarantined, unknown words."""
    return [
        {
            "system": one.system,
            "file": one.file,
            "rows": one.rows,
            "kept": one.kept,
            "quarantined": one.quarantined,
            "unknown": sum(one.unknown_words.values()),
        }
        for one in read_imports(out)
    ]


def quarantined_by_imports(out: Path) -> pa.Table:
    """Return the rows that imports into *out* set aside, as file, row, column, reason."""
    path = out / FOLDER / "quarantine.parquet"
    return pq.read_table(path, columns=QUARANTINE.names).cast(QUARANTINE) if path.exists() else QUARANTINE.empty_table()


def landed_path(out: Path, system: System, shape: str, table: str) -> Path:
    """Return where a feed's landed rows lie in the data folder *out*."""
    return out / FOLDER / "landed" / system.name / shape / f"{table}.parquet"


def feeds_of(out: Path, imports: Iterable[Imported], systems: Mapping[str, System]) -> dict[str, list[Feed]]:
    """Return the feeds of each canonical table in the contract's order, those believed first in front."""
    first: dict[tuple[str, str], datetime] = {}
    for one in imports:
        at = datetime.fromisoformat(one.imported_at)
        key = (one.system, one.shape)
        first[key] = min(first.get(key, at), at)
    found: dict[str, list[Feed]] = {name: [] for name in TABLES}
    for (name, shape_name), at in sorted(first.items()):
        system = systems[name]
        shape = next(shape for shape in system.shapes if shape.name == shape_name)
        for landing in shape.landings:
            path = landed_path(out, system, shape.name, landing.table)
            if path.exists():
                found[landing.table].append(
                    Feed(system=system, shape=shape.name, landing=landing, path=path, first_at=at)
                )
    return {name: sorted(feeds, key=lambda feed: (feed.rank, feed.name)) for name, feeds in found.items() if feeds}
