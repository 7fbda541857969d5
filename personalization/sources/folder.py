"""Takes the snapshot of a data folder: every table checked, as the shop knew it at the end of a night.

The snapshot is a folder of Parquet files, one per table that is there, with all columns of the contract in its order
and the rows in the order of the key: the same data give the same bytes, in whatever order and format they came.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from personalization.contracts import TABLES, Table
from personalization.errors import BadInput
from personalization.sources.checking import judged_rows, typed_rows
from personalization.sources.checking_past import FOLLOWS, HIDDEN, PARENTS, as_then, is_later, set_cutoff
from personalization.sources.checking_reasons import BAD_VERDICTS, QUARANTINE, most_frequent, quarantined_rows
from personalization.sources.earlier import with_earlier_versions
from personalization.sources.reading import Source, list_files, open_parquet, reading
from personalization.sources.reading_text import (
    UNREADABLE_CSV,
    collect_bad_lines,
    drop_bad_lines,
    open_csv,
    open_jsonl,
    require_all_lines,
)
from personalization.sources.writing import write_relation
from personalization.store.files import replace_folder, restore_folder
from personalization.warehouse import Warehouse

_OPENERS = {".parquet": open_parquet, ".csv": open_csv, ".jsonl": open_jsonl}
_UNREADABLE = {
    ".parquet": "is damaged, not all of its rows can be read; copy or export it again",
    ".csv": UNREADABLE_CSV,
    ".jsonl": "cannot be read as lines of text; export it as one JSON object a line, in UTF-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of a table's rows: rows_in = kept + later + quarantined.

    later rows were learned after the night. unknown counts cells of kept rows with a word that is not known.
    """

    rows_in: int
    kept: int
    later: int
    quarantined: int
    unknown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a data folder held, table by table, in the contract's order.

    quarantine has file, row, column and reason of each row that broke the contract. extra_columns and unknown_files
    name what was passed over.
    """

    present: tuple[str, ...]
    missing: tuple[str, ...]
    counts: Mapping[str, Counts]
    quarantine: pa.Table
    extra_columns: Mapping[str, tuple[str, ...]]
    unknown_files: tuple[str, ...]


def take_snapshot(
    *,
    data: Path,
    out: Path,
    cutoff: datetime,
    now: datetime,
    max_bad_share: float,
    threads: int = 2,
    memory_limit: str = "1500MB",
) -> Snapshot:
    """Write the checked tables of the folder *data*, as they were known before *cutoff*, into the folder *out*.

    cutoff and now are naive UTC instants; an event later than now is a mistake, one later than cutoff merely later.
    max_bad_share is the share (0 to 1) of a table's rows that may be bad. *out* is replaced as a whole.
    Raises BadInput, and leaves *out* as it was, when a file cannot be read, a required table or column is missing, too
    many rows are bad, or a single one of a table that must be whole.
    """
    listing = list_files(data)
    if out.resolve() == data.resolve() or data.resolve().is_relative_to(out.resolve()):
        raise BadInput(f"{out}: the snapshot would replace the data folder; name another folder")
    restore_folder(out)
    building = out.with_name(f".{out.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    spill = building.with_name(f".{out.name}.spill")
    try:
        with Warehouse(threads=threads, memory_limit=memory_limit, spill=spill) as warehouse:
            set_cutoff(warehouse.connection, cutoff)
            taken = {
                name: _take_table(
                    warehouse.connection, TABLES[name], path, building, now=now, max_bad_share=max_bad_share
                )
                for name, path in listing.files.items()
            }
        replace_folder(building, out)
    finally:
        shutil.rmtree(building, ignore_errors=True)
        shutil.rmtree(spill, ignore_errors=True)
    return Snapshot(
        present=tuple(taken),
        missing=tuple(name for name in TABLES if name not in taken),
        counts={name: table.counts for name, table in taken.items()},
        quarantine=pa.concat_tables([QUARANTINE.empty_table(), *(table.quarantine for table in taken.values())]),
        extra_columns={name: table.extra_columns for name, table in taken.items() if table.extra_columns},
        unknown_files=listing.unknown_files,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    counts: Counts
    quarantine: pa.Table
    extra_columns: tuple[str, ...]


def _take_table(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    path: Path,
    folder: Path,
    *,
    now: datetime,
    max_bad_share: float,
) -> _Taken:
    drop_bad_lines(connection)
    source = with_earlier_versions(_OPENERS[path.suffix.lower()](connection, table, path), path)
    with reading(path.name, _UNREADABLE[path.suffix.lower()]):
        connection.execute(f"CREATE OR REPLACE TEMP TABLE typed AS {typed_rows(source, now=now)}")
        broken = collect_bad_lines(connection)
        require_all_lines(connection, source, path)
    follows = _follows(connection, table)
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW judged AS "
        + judged_rows(connection, table, later=is_later(table), follows=follows)
    )
    counts = _count(connection, broken)
    quarantine = quarantined_rows(connection, source, now=now) if counts.quarantined else QUARANTINE.empty_table()
    if table.must_be_whole is not None and counts.quarantined:
        _require_whole(connection, source, counts, now=now)
    if table.must_be_whole is None and counts.quarantined > max_bad_share * counts.rows_in:
        raise BadInput(_too_many_bad(source, counts, quarantine, max_bad_share))
    order = ", ".join(f'"{column}"' for column in table.key)
    select = f"SELECT {as_then(table)} FROM judged WHERE verdict = 'kept' ORDER BY {order}"
    write_relation(connection, select, folder / f"{table.name}.parquet")
    if table.name in PARENTS:
        _remember(connection, table)
    return _Taken(counts=counts, quarantine=quarantine, extra_columns=source.extra_columns)


def _require_whole(connection: duckdb.DuckDBPyConnection, source: Source, counts: Counts, *, now: datetime) -> None:
    """Raise BadInput when a row of a table that must be whole would be lost; a row that only repeats another is not."""
    verdicts = tuple(verdict for verdict in BAD_VERDICTS if verdict != "twin")
    lost = quarantined_rows(connection, source, now=now, verdicts=verdicts)
    if lost.num_rows:
        raise BadInput(
            f"{source.file}: {lost.num_rows:,} of {counts.rows_in:,} rows of {source.table.name} cannot be used:"
            f" {'; '.join(most_frequent(lost))}. Without them somebody who must be left alone could be written to, so"
            " the import stops, whatever max_bad_share allows. Correct these rows in the export and import it again"
        )


def _follows(connection: duckdb.DuckDBPyConnection, table: Table) -> tuple[str, str] | None:
    """Return the parent that the rows of *table* follow, where the folder has it."""
    follows = FOLLOWS.get(table.name)
    if follows is None:
        return None
    known = connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = $name", {"name": f"seen_{follows[1]}"})
    return follows if known.fetchall() else None


def _remember(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Keep the keys of a table that others follow as seen_<table>."""
    connection.execute(
        f'CREATE TEMP TABLE seen_{table.name} AS SELECT "{table.key[0]}" AS id,'
        " bool_and(verdict = 'later') AS is_later,"  # a key that is kept may come again in a row learned later
        f" bool_or(verdict = 'kept' AND {HIDDEN.get(table.name, 'false')}) AS is_hidden"
        " FROM judged WHERE verdict IN ('kept', 'later') GROUP BY id"
    )


def _count(connection: duckdb.DuckDBPyConnection, broken: int) -> Counts:
    found = connection.execute(
        "SELECT verdict, count(*), CAST(sum(unknown_words) AS BIGINT) FROM judged GROUP BY verdict"
    ).fetchall()
    rows = {verdict: int(count) for verdict, count, _ in found}
    unknown = {verdict: int(words) for verdict, _, words in found}
    kept, later = rows.get("kept", 0), rows.get("later", 0)
    quarantined = broken + sum(rows.get(verdict, 0) for verdict in BAD_VERDICTS)
    [(typed,)] = connection.execute("SELECT count(*) FROM typed").fetchall()
    rows_in = int(typed) + broken
    assert rows_in == kept + later + quarantined, "a row has no verdict or two"
    return Counts(rows_in=rows_in, kept=kept, later=later, quarantined=quarantined, unknown=unknown.get("kept", 0))


def _too_many_bad(source: Source, counts: Counts, quarantine: pa.Table, max_bad_share: float) -> str:
    """Return the error about a table with too many bad rows: how many, the most frequent reasons, what to do."""
    share = counts.quarantined / counts.rows_in
    return (
        f"{source.file}: {counts.quarantined:,} of {counts.rows_in:,} rows of {source.table.name} are bad"
        f" ({share:.1%}; at most {max_bad_share:.1%} may be). Most frequent: {'; '.join(most_frequent(quarantine))}."
        " Correct the export; to go on without these rows raise max_bad_share under [import] in shop.toml"
    )
