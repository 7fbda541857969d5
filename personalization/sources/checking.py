"""Checks rows against the contract, in whole columns: what is wrong with a row, in which column, and why.

The steps are tables in DuckDB. ``typed`` has a row for each row of the file: its cells as values, and the first fault
in the contract's order. ``judged`` adds what only shows among rows: a key that repeats, a parent that is missing, and
what the shop learned later than the night. Each row gets one verdict: kept, later, or quarantined for one reason.
"""

from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from personalization.contracts import TABLES, Column, Table
from personalization.sources.checking_faults import table_faults
from personalization.sources.checking_reasons import quarantined_rows
from personalization.sources.checking_types import raw_cell, typed_cell
from personalization.sources.reading import Source, described_source
from personalization.warehouse import Warehouse

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A table that was checked: the good rows in the contract's columns, ordered by key, and the bad ones.

    unknown counts the cells whose word became 'unknown'.
    """

    kept: pa.Table
    quarantine: pa.Table
    unknown: int


def check_table(name: str, table: pa.Table, *, file: str, now: datetime) -> Checked:
    """Return the rows of *table* that keep the contract of the canonical table *name*, and why the others do not.

    file is the name under which the rows are reported; row 1 is the first row. Parents are not looked for, and nothing
    is left out for having been learned late. Raises BadInput when a required column is missing.
    """
    with Warehouse(threads=1) as warehouse:
        connection = warehouse.connection
        connection.register("offered", table)
        described = connection.execute("DESCRIBE SELECT * FROM offered").fetchall()
        relation = "(SELECT *, row_number() OVER () AS file_row FROM offered) AS arriving"
        source = described_source(
            TABLES[name], file=file, relation=relation, described=[(str(row[0]), str(row[1])) for row in described]
        )
        connection.execute(f"CREATE TEMP TABLE typed AS {typed_rows(source, now=now)}")
        connection.execute(f"CREATE TEMP VIEW judged AS {judged_rows(connection, source.table)}")
        columns = ", ".join(f'"{column}"' for column in source.table.column_names)
        order = ", ".join(f'"{column}"' for column in source.table.key)
        good = connection.sql(f"SELECT {columns}, unknown_words FROM judged WHERE verdict = 'kept' ORDER BY {order}")
        kept = good.to_arrow_table()
        return Checked(
            kept=kept.drop_columns("unknown_words"),
            quarantine=quarantined_rows(connection, source, now=now),
            unknown=pc.sum(kept["unknown_words"], min_count=0).as_py(),
        )


def typed_rows(source: Source, *, now: datetime) -> str:
    """Return the SELECT of a source's rows as typed values.

    Next to the contract's columns it has file_row, fault (the code of the first fault or null), shown (the faulty
    value where the column is not personal) and unknown_words (how many cells became 'unknown').
    """
    table = source.table
    raw, typed, unknown = [], [], []
    for column in table.columns:
        cell, found = source.cells.get(column.name, ("CAST(NULL AS VARCHAR)", "VARCHAR"))
        raw.append(f'{raw_cell(cell, found)} AS "raw_{column.name}"')
        value = typed_cell(f'"raw_{column.name}"', found, column)
        if column.vocabulary:
            value = _known_word(value, column)
        if UNKNOWN in column.vocabulary and column.name in source.cells:
            words = ", ".join(f"'{word}'" for word in column.vocabulary)
            unknown.append(f"CASE WHEN {_plain_word(column)} NOT IN ({words}) THEN 1 ELSE 0 END")
        typed.append(f'{value} AS "{column.name}"')
    faults = list(table_faults(table, now=now))
    cases = " ".join(f"WHEN {fault.condition} THEN {fault.code}" for fault in faults)
    shown = " ".join(
        f'WHEN {fault.code} THEN CAST("raw_{fault.column}" AS VARCHAR)' for fault in faults if fault.shows_value
    )
    names = ", ".join(f'"{name}"' for name in table.column_names)
    return (
        f"SELECT file_row, {names}, unknown_words, fault, CASE fault {shown} END AS shown FROM"
        f" (SELECT *, CASE WHEN is_broken THEN 0 {cases} END AS fault FROM"
        f" (SELECT *, {', '.join(typed)}, {' + '.join(unknown) or '0'} AS unknown_words FROM"
        f" (SELECT file_row, {source.broken} AS is_broken, {', '.join(raw)} FROM {source.relation})))"
    )


def _plain_word(column: Column) -> str:
    return f"translate(lower(CAST(\"raw_{column.name}\" AS VARCHAR)), ' -', '__')"


def _known_word(value: str, column: Column) -> str:
    """Return the SQL of a word of the vocabulary however it is cased or spaced; 'unknown' or null for another."""
    words = ", ".join(f"'{word}'" for word in column.vocabulary)
    plain = _plain_word(column)
    other = f"'{UNKNOWN}'" if UNKNOWN in column.vocabulary else "NULL"
    return (
        f"CASE WHEN {value} IN ({words}) THEN {value} WHEN {plain} IN ({words}) THEN {plain}"
        f' WHEN "raw_{column.name}" IS NOT NULL THEN {other} END'
    )


def judged_rows(
    connection: duckdb.DuckDBPyConnection, table: Table, *, later: str = "false", follows: tuple[str, str] | None = None
) -> str:
    """Return the SELECT of the rows of ``typed`` with their verdict: bad, twin, orphan, later or kept.

    later is the condition under which the shop did not know of the row yet. follows names the column that leads to the
    row's parent and the parent's table; then there is a table ``seen_<parent>`` with the parent's key, is_later and
    is_hidden, the row is later when its parent is, and the parent's is_hidden stands in parent_is_hidden.
    Builds the table ``twins``: keys that repeat, with the row that comes first.
    """
    keys = ", ".join(f'"{column}"' for column in table.key)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE twins AS SELECT {keys}, min(file_row) AS first_row"
        f" FROM typed WHERE fault IS NULL GROUP BY {keys} HAVING count(*) > 1"
    )
    same_key = " AND ".join(f'twins."{column}" = typed."{column}"' for column in table.key)
    is_orphan, parent_is_later, parent_is_hidden, parent_join = "false", "false", "false", ""
    if follows is not None:
        column, parent = follows
        parent_is_later = "coalesce(parent.is_later, false)"
        parent_is_hidden = "coalesce(parent.is_hidden, false)"
        parent_join = f'LEFT JOIN seen_{parent} AS parent ON parent.id = typed."{column}"'
        is_orphan = "parent.id IS NULL" if follows in table.parents else "false"
    return (
        "SELECT typed.*, twins.first_row,"
        f" {parent_is_hidden} AS parent_is_hidden,"
        " CASE WHEN fault IS NOT NULL THEN 'bad' WHEN twins.first_row < typed.file_row THEN 'twin'"
        f" WHEN {is_orphan} THEN 'orphan' WHEN {later} OR {parent_is_later} THEN 'later' ELSE 'kept' END AS verdict"
        f" FROM typed LEFT JOIN twins ON typed.fault IS NULL AND {same_key} {parent_join}"
    )
