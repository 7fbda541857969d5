"""Opens the file of one canonical table, whatever its format, as whole columns that DuckDB can read.

Nothing is checked here but whether the file can be read at all and has the required columns. An error names the file,
what is wrong and what to do, and never quotes the file's content.
"""

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from personalization.contracts import REQUIRED_TABLES, TABLES, Table
from personalization.errors import BadInput

_NOTES = ("imported.json", "simulated.json", "imported", "truth", "exports")  # what importers and the simulation add
FORMATS = (".parquet", ".csv", ".jsonl")
_MAGIC = b"PAR1"  # a Parquet file begins and ends with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file, or a table in memory, as SQL.

    relation stands after FROM and has the column file_row (1 = the first row that could be read) next to the file's
    own; cells maps a column of the contract to the expression and the DuckDB type of what the file has for it. broken
    is the condition under which a row has no cells at all. first_line is the line on which rows begin in a text file
    whose unreadable lines DuckDB collects in the table bad_lines, else None.
    """

    table: Table
    file: str
    relation: str
    cells: dict[str, tuple[str, str]]
    extra_columns: tuple[str, ...] = ()
    broken: str = "false"
    first_line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What lies in a data folder: the file of each table in the contract's order, and everything else by name."""

    files: dict[str, Path]
    unknown_files: tuple[str, ...]


def list_files(data: Path) -> Listing:
    """Return which file holds which table.

    Raises BadInput for a folder that is not there, a table in two files, a required table without one, and anything
    that is not a plain readable file inside the folder.
    """
    if not data.is_dir():
        raise BadInput(f"{data}: no such folder; name the shop's data folder with --data")
    found: dict[str, list[Path]] = {}
    unknown = []
    for path in sorted(data.iterdir()):
        if path.stem in TABLES and path.suffix.lower() in FORMATS:
            found.setdefault(path.stem, []).append(path)
        elif path.name not in _NOTES:
            unknown.append(path.name)
    for name, paths in found.items():
        if len(paths) > 1:
            names = " and ".join(path.name for path in paths)
            raise BadInput(f"{data}: the table {name} is there as {names}; remove all but the one that counts")
    missing = [name for name in REQUIRED_TABLES if name not in found]
    if missing:
        formats = ", ".join(f"{missing[0]}{suffix}" for suffix in FORMATS)
        raise BadInput(f"{data}: no file for {' and '.join(missing)}; a shop needs at least both (such as {formats})")
    files = {name: found[name][0] for name in TABLES if name in found}
    for path in files.values():
        require_plain_file(path, data)
    return Listing(files=files, unknown_files=tuple(unknown))


def require_plain_file(path: Path, data: Path) -> None:
    """Raise BadInput for what is not a readable, filled file inside the folder *data*."""
    if not path.resolve().is_relative_to(data.resolve()):
        raise BadInput(f"{path.name}: is a link that leads out of {data}; put the file itself into the folder")
    if not path.is_file():
        raise BadInput(f"{path.name}: is not a file (a folder, a broken link or a device); put the table's file there")
    try:
        with path.open("rb") as content:
            is_empty = not content.read(1)
    except OSError as error:
        raise BadInput(
            f"{path.name}: cannot be opened ({error.strerror}); give this user the right to read it"
        ) from error
    if is_empty:
        raise BadInput(f"{path.name}: is empty (0 bytes); export it again, or remove it if the shop has no such table")


def require_columns(table: Table, file: str, found: list[str]) -> None:
    """Raise BadInput when *found* lacks a required column of *table*, naming the nearest one that is there."""
    missing = [column.name for column in table.columns if not column.nullable and column.name not in found]
    if missing:
        extra = [name for name in found if name not in table.column_names]
        near = difflib.get_close_matches(missing[0], extra, n=1)
        raise BadInput(
            f"{file}: has no column {', '.join(missing)}"
            + (f"; did you mean '{near[0]}'?" if near else "")
            + f"; the columns of {table.name} must be named {', '.join(table.column_names)}"
        )


def match_columns(table: Table, names: list[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return the position of each contract column in *names*, in whatever case, and the names left over."""
    positions: dict[str, int] = {}
    extra = []
    for position, name in enumerate(names):
        plain = name.strip().lower()
        if plain in table.column_names and plain not in positions:
            positions[plain] = position
        else:
            extra.append(name.strip() or "(no name)")
    return positions, tuple(extra)


@contextmanager
def reading(file: str, what: str) -> Iterator[None]:
    """Turn a failure of DuckDB to read *file* into BadInput; *what* says what is wrong and what to do."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise BadInput(f"{file}: needs more memory than the snapshot may use; run it on a larger machine") from error
    except (duckdb.BinderException, duckdb.CatalogException, duckdb.ParserException):
        raise  # our SQL is at fault, not the file
    except duckdb.Error as error:
        raise BadInput(f"{file}: {what}") from error


def quoted(path: Path) -> str:
    """Return *path* as an SQL text, with the signs that DuckDB would take for a pattern made harmless."""
    harmless = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path.resolve()))
    return "'" + harmless.replace("'", "''") + "'"


def open_parquet(connection: duckdb.DuckDBPyConnection, table: Table, path: Path) -> Source:
    """Return the Parquet file of *table* as SQL."""
    require_parquet(path)
    relation = f"read_parquet({quoted(path)}, binary_as_string = true, hive_partitioning = false)"
    with reading(path.name, "is damaged, its schema cannot be read; export it again"):
        described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
    numbered = f"(SELECT *, file_row_number + 1 AS file_row FROM {relation[:-1]}, file_row_number = true)) AS arriving"
    return described_source(
        table, file=path.name, relation=numbered, described=[(str(row[0]), str(row[1])) for row in described]
    )


def require_parquet(path: Path) -> None:
    """Raise BadInput for a file that is no whole Parquet file."""
    with path.open("rb") as content:
        start = content.read(4)
        content.seek(-min(4, path.stat().st_size), 2)
        end = content.read(4)
    if start != _MAGIC:
        raise BadInput(f"{path.name}: is not a Parquet file; export it as Parquet or name it .csv or .jsonl")
    if end != _MAGIC or path.stat().st_size < 12:
        raise BadInput(f"{path.name}: is cut off, the end of the Parquet file is missing; copy or export it again")


def described_source(table: Table, *, file: str, relation: str, described: list[tuple[str, str]]) -> Source:
    """Return a source whose columns have names and types of their own, which *described* lists."""
    positions, extra = match_columns(table, [name for name, _ in described])
    require_columns(table, file, [*positions, *extra])
    cells = {}
    for name, position in positions.items():
        own, found = described[position]
        cells[name] = ('arriving."' + own.replace('"', '""') + '"', found)
    return Source(table=table, file=file, relation=relation, cells=cells, extra_columns=extra)
