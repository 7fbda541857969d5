"""A published night that is being looked at: its files, each held against the manifest before it is read."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from personalization.errors import WrongUse
from personalization.review.summary import SUMMARY, summarise
from personalization.settings import Shop
from personalization.store import files, run_folder

_VERIFIED_KEPT = 4096  # files whose digest is remembered, while their time and size stay the same


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenNight:
    """A night's folder with its manifest, the shop it belongs to, and the folder of its checked tables."""

    run_date: date
    folder: Path
    manifest: run_folder.Manifest
    shop: Shop

    @property
    def name(self) -> str:
        """Return the night as the addresses of pages name it."""
        return self.run_date.isoformat()

    @property
    def snapshot(self) -> Path:
        """Return the folder of the night's canonical tables; only the newest night's are kept."""
        return self.folder.parent / ".snapshot" / self.folder.name

    def path(self, name: str) -> Path:
        """Return the path of a file after holding it against the manifest; raises WrongUse when it was changed."""
        file = self.folder / name
        found = file.stat() if file.is_file() else None
        if found is None or _digest(file, found.st_mtime_ns, found.st_size) != self.manifest.files.get(name):
            return run_folder.verified(self.folder, self.manifest, name)  # which raises, and says what to do
        return file

    def verify(self) -> None:
        """Hold every file against the manifest."""
        for name in self.manifest.files:
            self.path(name)

    def table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """Return a Parquet file of the night."""
        return pq.read_table(self.path(name), columns=columns)

    def summary(self) -> pa.Table:
        """Return the night's decisions, counted; for a night before there was such a file they are counted now."""
        if SUMMARY in self.manifest.files:
            return self.table(SUMMARY)
        return summarise(self.path("decisions.parquet"))


def open_night(night: str, *, runs: Path, shop: Shop) -> OpenNight:
    """Return a night of a runs folder.

    Raises WrongUse where there is none, or where it is another shop's: whose rules count is that shop's matter.
    """
    try:
        run_date = date.fromisoformat(night)
    except ValueError:
        raise WrongUse(f"'{night}' is not a night such as 2026-11-22") from None
    folder = runs.resolve() / run_date.isoformat()
    if not (folder / run_folder.MANIFEST).is_file():
        raise WrongUse(f"The night of {run_date} is not kept here. Choose another one.")
    manifest = run_folder.read_manifest(folder)
    owner = manifest.content.get("shop", shop.name)
    if owner != shop.name:
        raise WrongUse(f"The night of {run_date} belongs to the shop '{owner}', and this page to '{shop.name}'.")
    return OpenNight(run_date=run_date, folder=folder, manifest=manifest, shop=shop)


def nights_kept(runs: Path) -> list[date]:
    """Return the nights whose folders are there, the newest first."""
    found = []
    for path in runs.glob(f"*/{run_folder.MANIFEST}"):
        try:
            found.append(date.fromisoformat(path.parent.name))
        except ValueError:
            continue  # no night: something that people put there
    return sorted(found, reverse=True)


def segment_files(night: OpenNight) -> Mapping[str, Mapping[str, Any]]:
    """Return what the shop's segment files say now, by name, with their own text; only those that can be read.

    is_current tells whether a file is the one that the night was built with.
    """
    found = {}
    for path in sorted((night.shop.root / "segments").glob("*.toml")):
        try:
            text = path.read_text(encoding="utf-8")
            content = tomllib.loads(text)
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            continue
        then = night.manifest.content.get("settings", {}).get(f"segments/{path.name}")
        is_current = then is None or then == files.file_digest(path)
        found[path.stem] = {**content, "text": text, "is_current": is_current}
    return found


@lru_cache(maxsize=_VERIFIED_KEPT)
def _digest(path: Path, _changed_ns: int, _size: int) -> str:
    return files.file_digest(path)
