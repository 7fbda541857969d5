"""What the tables of a data folder were worked out from, and what came of it: so that nothing is worked out twice."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from personalization import __version__
from personalization.sources.importing.assembling import Joined
from personalization.sources.importing.feeds import FOLDER, Imported


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How the tables stand: their rows, how well systems join, and how many people each rule found."""

    tables: Mapping[str, int]
    joined: tuple[Joined, ...]
    people: Mapping[str, int]


def basis_of(imports: Iterable[Imported], *, keep_apart: list[tuple[str, str]], region: str | None) -> str:
    """Return the digest of all that the tables depend upon: the files, who is parted, where numbers are from, us."""
    files = sorted((one.system, one.shape, one.digest, one.as_of, one.imported_at, one.reading) for one in imports)
    told = json.dumps([__version__, files, sorted(keep_apart), region])
    return hashlib.sha256(told.encode()).hexdigest()


def standing_summary(out: Path, basis: str) -> Summary | None:
    """Return how the tables of *out* stand, where they were worked out from the same; None where they were not."""
    try:
        found = json.loads(summary_path(out).read_text(encoding="utf-8"))
        if found["basis"] != basis or not all((out / f"{name}.parquet").exists() for name in found["tables"]):
            return None
        joined = tuple(Joined(**one) for one in found["joined"])
        return Summary(tables=found["tables"], joined=joined, people=found["people"])
    except (OSError, ValueError, KeyError, TypeError):  # not there, or cut off: then everything is worked out anew
        return None


def summary_content(summary: Summary, basis: str) -> dict[str, Any]:
    """Return the summary as JSON content, with what it rests upon."""
    return {"basis": basis, **asdict(summary)}


def summary_path(out: Path) -> Path:
    """Return where the data folder *out* keeps the summary."""
    return out / FOLDER / "summary.json"
