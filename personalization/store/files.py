"""Files written whole or not at all, the same bytes for the same content."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

_ROWS_A_GROUP = 131_072
_PARTIAL = ".part"
# A spreadsheet would run a cell that starts with one of these as a formula (R60; OWASP, CSV Injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a path to write to; on success it replaces *path* at once, on failure *path* stays as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + _PARTIAL)
    try:
        yield partial
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write *text* as UTF-8, whole."""
    with whole_file(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, content: Any) -> None:
    """Write *content* as JSON with sorted keys, whole."""
    write_text(path, json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write *table* as Parquet, whole; the same rows in the same order give the same bytes."""
    with whole_file(path) as partial:
        pq.write_table(table, partial, compression="zstd", row_group_size=_ROWS_A_GROUP)


def write_csv(path: Path, table: pa.Table) -> None:
    """Write *table* as CSV for machines, whole: a header, every text in quotes, nothing for what is missing."""
    with whole_file(path) as partial:
        pacsv.write_csv(table, partial)


def formula_guarded(cell: str) -> str:
    """Return *cell* so that a spreadsheet shows it as text; only for files that people open."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def replace_folder(built: Path, target: Path) -> None:
    """Put the folder *built* in the place of *target*; a reader sees the old one or the new one, whole.

    A run that was cut off between the two renames is mended by the next call of restore_folder.
    """
    old = target.with_name(f".{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    target.parent.mkdir(parents=True, exist_ok=True)
    built.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def restore_folder(target: Path) -> None:
    """Bring back the folder that an interrupted replace_folder had moved aside."""
    old = target.with_name(f".{target.name}.old")
    if old.exists() and not target.exists():
        old.rename(target)
