"""Lands a file: its rows checked against the contract, then kept beside those that came earlier.

A landed table keeps every version of a row that the shop ever saw, with the time the source gives it (``_first_at``,
``_last_at``) and when the shop first learned of it (``_learned_at``). Landing is a union of versions, so neither the
order of the files nor a file that comes twice makes a difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from personalization.contracts import TABLES, Kind, Table
from personalization.errors import BadInput
from personalization.sources.checking import typed_rows
from personalization.sources.checking_reasons import QUARANTINE, most_frequent, quarantined_rows
from personalization.sources.importing.adapter import REFERENCES, Landing, Shape
from personalization.sources.importing.expressions import quoted
from personalization.sources.reading import Source
from personalization.sources.reading import quoted as quoted_path

PARTED = "chr(31)"  # between the parts of a key; it stands in no text of a shop
_UNDATED = "TIMESTAMP '0001-01-01'"  # stands for an instant that the file does not tell, until the file's own is known
_PASSING = (*REFERENCES, "_updated_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """Rows of a file that keep the contract, as the table ``staged_<table>``."""

    landing: Landing
    rows: int
    unknown: Mapping[str, int]
    classified: Mapping[str, int]
    quarantine: pa.Table


def stage(connection: duckdb.DuckDBPyConnection, landing: Landing, *, file: str, now: datetime) -> Staged:
    """Check what *landing* makes of ``raw`` against the contract and keep the good rows as ``staged_<table>``.

    Raises BadInput when a row is lost of a table that keeps messages away from people.
    """
    table = TABLES[landing.table]
    connection.execute(f"CREATE OR REPLACE TEMP VIEW offered AS {landing.select}")
    described = connection.execute("DESCRIBE offered").fetchall()
    found = {
        str(row[0]).lower(): str(row[1]) for row in described
    }  # DuckDB keeps the case of a column renamed to itself
    source = _source(table, landing, found, file)
    key = f"concat_ws({PARTED}, {', '.join(_text(name) for name in landing.key or table.key)})"
    content = [name for name in (*table.column_names, *REFERENCES) if name in found and _is_content(landing, name)]
    # One table for good and bad rows, and none that is only for a while: what is wide is written down once.
    connection.execute(
        f"CREATE OR REPLACE TABLE staged_{table.name} AS SELECT * REPLACE (TRY_CAST(_updated_at AS TIMESTAMP) AS"
        f" _updated_at), {key} AS _key,"
        f" md5_number_lower(concat_ws({PARTED}, {key}, {', '.join(_text(name) for name in content)})) AS _digest"
        f" FROM ({typed_rows(source, now=now, passing=_PASSING)})"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW judged AS SELECT *, CAST(NULL AS BIGINT) AS first_row,"
        f" CASE WHEN fault IS NULL THEN 'kept' ELSE 'bad' END AS verdict FROM staged_{table.name}"
    )
    bad = quarantined_rows(connection, source, now=now)
    if bad.num_rows and _must_be_whole(landing):
        raise BadInput(_would_lose(file, table.name, bad))
    connection.execute(f"DELETE FROM staged_{table.name} WHERE fault IS NOT NULL")
    _refuse_clashes(connection, table, file=file)
    orphans = _without_parent(connection, landing, file)
    if orphans.num_rows and _must_be_whole(landing):
        raise BadInput(_would_lose(file, table.name, orphans))
    if orphans.num_rows:
        connection.execute(f"DELETE FROM staged_{table.name} WHERE NOT ({_has_parent(landing)})")
    [(rows, unknown)] = connection.execute(
        f"SELECT count(*), CAST(coalesce(sum(unknown_words), 0) AS BIGINT) FROM staged_{table.name}"
    ).fetchall()
    return Staged(
        landing=landing,
        rows=int(rows),
        unknown={table.name: int(unknown)} if unknown else {},
        classified=_classified(connection, table),
        quarantine=_with_origins(pa.concat_tables([bad, orphans]), landing.origins),
    )


def _source(table: Table, landing: Landing, found: Mapping[str, str], file: str) -> Source:
    """Return the offered rows as a source of the contract's check; what the SELECT does not give is null."""
    given = {
        column.name: (f'arriving."{column.name}"', found[column.name])
        for column in table.columns
        if column.name in found
    }
    if landing.undated is not None:
        cell, kind = given.get(landing.undated, ("NULL", "VARCHAR"))
        unknown = _UNDATED if kind.startswith("TIMESTAMP") else "'0001-01-01T00:00:00'"
        given[landing.undated] = (f"coalesce({cell}, {unknown})", kind)
    if table.name == "tracking_events" and "received_at" not in found:
        given["received_at"] = given["occurred_at"]  # until the assembly says when the shop learned of it
    passing = ", ".join(
        f"CAST({name} AS VARCHAR) AS {name}" if name in found else f"CAST(NULL AS VARCHAR) AS {name}"
        for name in (*REFERENCES, "_updated_at")
    )
    own = ", ".join(f'"{name}"' for name in found if name not in _PASSING)
    return Source(
        table=table,
        file=file,
        relation=f"(SELECT {own}, {passing} FROM offered) AS arriving",
        cells=given,
    )


def _text(name: str) -> str:
    return f"coalesce(CAST(\"{name}\" AS VARCHAR), '')"


def _is_content(landing: Landing, name: str) -> bool:
    """Return whether a column tells one version of a row from another; when it was learned does not."""
    is_event = name != "received_at" or landing.carried_at or landing.table == "returns"
    return is_event and name not in ("is_received_assumed", "_classified_by")


def _has_parent(landing: Landing) -> str:
    if landing.parent is None:
        return "true"
    column, parent = landing.parent
    return f'"{column}" IN (SELECT _key FROM staged_{parent})'


def _without_parent(connection: duckdb.DuckDBPyConnection, landing: Landing, file: str) -> pa.Table:
    """Return the good rows whose parent was quarantined, as rows of the quarantine."""
    if landing.parent is None:
        return QUARANTINE.empty_table()
    column, parent = landing.parent
    found = connection.sql(
        f'SELECT {quoted(file)} AS file, file_row AS row, {quoted(column)} AS "column",'
        f" {quoted(f'belongs to a row of {parent} that is quarantined')} AS reason"
        f" FROM staged_{landing.table} WHERE NOT ({_has_parent(landing)}) ORDER BY file_row"
    )
    return found.to_arrow_table().cast(QUARANTINE)


def _with_origins(quarantine: pa.Table, origins: Mapping[str, str]) -> pa.Table:
    """Name the source's own columns, where they differ from the contract's."""
    names = [origins.get(name, name) for name in quarantine["column"].to_pylist()] if origins else None
    return quarantine if names is None else quarantine.set_column(2, "column", pa.array(names, pa.string()))


def _refuse_clashes(connection: duckdb.DuckDBPyConnection, table: Table, *, file: str) -> None:
    """Raise BadInput when one id stands for two people or orders at one time, of whom only one could be heeded."""
    if table.must_be_whole is None or not table.must_be_whole.subject:
        return
    subject = ", ".join(
        f'"{name}"' for name in (*table.must_be_whole.subject, "_person_id", "_email", "_phone", "_order")
    )
    rows = connection.execute(
        f"SELECT min(file_row) AS row FROM staged_{table.name} GROUP BY _key, _updated_at"
        f" HAVING count(DISTINCT row({subject})) > 1 ORDER BY row LIMIT 3"
    ).fetchall()
    if rows:
        raise BadInput(
            f"{file}: one {' and '.join(table.key)} stands for different people or orders (such as in row"
            f" {', '.join(str(row) for (row,) in rows)}), so somebody who must be left alone could be written to and"
            " nothing of this file is imported. Correct the export and import it again"
        )


def refuse_lost_lines(shape: Shape, broken: pa.Table, *, file: str) -> None:
    """Raise BadInput when lines that cannot be taken apart may have kept messages away from people."""
    whole = [landing.table for landing in shape.landings if _must_be_whole(landing)]
    if broken.num_rows and whole:
        raise BadInput(_would_lose(file, " or ".join(whole), broken))


def _must_be_whole(landing: Landing) -> bool:
    return TABLES[landing.table].must_be_whole is not None and not landing.is_only_yes


def _would_lose(file: str, tables: str, bad: pa.Table) -> str:
    return (
        f"{file}: {bad.num_rows:,} rows for {tables} cannot be used: {'; '.join(most_frequent(bad))}. Without them"
        " somebody who must be left alone could be written to, so nothing of this file is imported. Correct these rows"
        " in the export and import it again"
    )


def _classified(connection: duckdb.DuckDBPyConnection, table: Table) -> Mapping[str, int]:
    rows = connection.execute(
        f"SELECT _classified_by, count(*) FROM staged_{table.name} WHERE _classified_by IS NOT NULL"
        " GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    return {str(how): int(count) for how, count in rows}


def newest_instant(connection: duckdb.DuckDBPyConnection, staged: list[Staged], *, now: datetime) -> datetime | None:
    """Return the newest moment that the staged rows tell of, no later than *now*: a file is at least that new."""
    newest = []
    for one in staged:
        table = TABLES[one.landing.table]
        instants = [f'"{column.name}"' for column in table.columns if column.kind is Kind.INSTANT]
        cells = ", ".join(f"CASE WHEN {cell} <= $now THEN {cell} END" for cell in (*instants, "_updated_at"))
        newest.append(f"SELECT greatest({cells}) AS moment FROM staged_{table.name}")
    [(moment,)] = connection.execute(f"SELECT max(moment) FROM ({' UNION ALL '.join(newest)})", {"now": now}).fetchall()
    return moment if moment is not None and moment.year > 1 else None


def count_passed_over(connection: duckdb.DuckDBPyConnection, staged: list[Staged], quarantine: pa.Table) -> int:
    """Return how many rows of the file became no row of any table and are not in the quarantine either."""
    connection.register("set_aside", quarantine.select(["row"]))
    landed = " UNION ALL ".join(f"SELECT file_row FROM staged_{one.landing.table}" for one in staged)
    [(count,)] = connection.execute(
        f"SELECT count(*) FROM raw WHERE file_row NOT IN ({landed} UNION ALL SELECT row FROM set_aside)"
    ).fetchall()
    connection.unregister("set_aside")
    return int(count)


def merge(
    connection: duckdb.DuckDBPyConnection, staged: Staged, *, earlier: Path | None, as_of: datetime, now: datetime
) -> str:
    """Return the SELECT of a landed table: the staged rows and those of the file *earlier*, each version once.

    as_of is the moment the file is from, where a row has no time of its own; now is when the shop learned of it.
    """
    table = TABLES[staged.landing.table]
    columns = ", ".join(f'"{name}"' for name in (*table.column_names, *REFERENCES))
    undated = staged.landing.undated
    is_undated = f'"{undated}" = {_UNDATED}' if undated is not None else "false"
    moment, learned = f"TIMESTAMP '{as_of}'", f"TIMESTAMP '{now}'"
    shown = columns
    if undated is not None:
        shown = columns.replace(
            f'"{undated}"', f'CASE WHEN {is_undated} THEN {moment} ELSE "{undated}" END AS "{undated}"'
        )
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW arrived AS SELECT {shown}, _key, _digest,"
        f" coalesce(_updated_at, {moment}) AS _first_at, coalesce(_updated_at, {moment}) AS _last_at,"
        f" {learned} AS _learned_at, {is_undated} AS _is_undated, 2 * rowid AS _place FROM staged_{table.name}"
    )
    before = ""
    if earlier is not None:
        before = (
            " UNION ALL BY NAME SELECT * EXCLUDE (file_row_number), 2 * file_row_number + 1 AS _place"
            f" FROM read_parquet({quoted_path(earlier)}, file_row_number = true)"
        )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW versions AS SELECT * FROM arrived{before}")
    connection.execute(
        "CREATE OR REPLACE TABLE repeated AS SELECT _digest, min(_first_at) AS first_at, max(_last_at) AS last_at,"
        " min(_learned_at) AS learned_at, arg_min(_place, (_learned_at, _first_at, _last_at, _place)) AS place"
        " FROM versions SEMI JOIN"
        " (SELECT _digest FROM versions GROUP BY _digest HAVING count(*) > 1) AS twice USING (_digest) GROUP BY _digest"
    )
    [(repeats,)] = connection.execute("SELECT count(*) FROM repeated").fetchall()
    if not repeats:
        return "SELECT * EXCLUDE (_place) FROM versions"
    first = (
        f', CASE WHEN _is_undated THEN coalesce(first_at, "{undated}") ELSE "{undated}" END AS "{undated}"'
        if undated is not None
        else ""
    )
    return (
        "SELECT versions.* EXCLUDE (_place) REPLACE (coalesce(first_at, _first_at) AS _first_at,"
        f" coalesce(last_at, _last_at) AS _last_at, coalesce(learned_at, _learned_at) AS _learned_at{first})"
        " FROM versions LEFT JOIN repeated USING (_digest) WHERE place IS NULL OR place = _place"
    )
