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

from personalization.contracts import TABLES, Column, Guard, Table
from personalization.sources.checking_faults import table_faults
from personalization.sources.checking_reasons import quarantined_rows
from personalization.sources.checking_types import raw_cell, typed_cell
from personalization.sources.reading import Source, described_source
from personalization.warehouse import Warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A table that was checked: the good rows in the contract's columns, ordered by key, and the bad ones.

    unknown counts the cells with a word that the contract does not know.
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


def typed_rows(source: Source, *, now: datetime, passing: tuple[str, ...] = ()) -> str:
    """Return the SELECT of a source's rows as typed values.

    Next to the contract's columns it has file_row, fault (the code of the first fault or null), shown (the faulty
    value where the column is not personal) and unknown_words (how many cells had a word that is not known). passing
    names columns of the source's relation that are handed through as they are.
    """
    table = source.table
    raw, typed = [], []
    unknown = {
        column.name: _is_unknown(column)
        for column in table.columns
        if column.unknown_word is not None and column.name in source.cells
    }
    for column in table.columns:
        cell, found = source.cells.get(column.name, ("CAST(NULL AS VARCHAR)", "VARCHAR"))
        raw.append(f'{raw_cell(cell, found)} AS "given_{column.name}"')
        value = typed_cell(f'"given_{column.name}"', found, column)
        if column.vocabulary:
            value = _known_word(value, column)
        if column.is_digest:
            value = f"CASE WHEN regexp_full_match(lower({value}), '[0-9a-f]{{64}}') THEN lower({value}) END"
        if table.must_be_whole is not None and column.name == table.must_be_whole.column:
            value = _without_doubt(value, column, table.must_be_whole, unknown)
        typed.append(f'{value} AS "{column.name}"')
    faults = list(table_faults(table, now=now))
    cases = " ".join(f"WHEN {fault.condition} THEN {fault.code}" for fault in faults)
    shown = " ".join(
        f'WHEN {fault.code} THEN CAST("given_{fault.column}" AS VARCHAR)' for fault in faults if fault.shows_value
    )
    names = ", ".join(f'"{name}"' for name in (*table.column_names, *passing))
    handed = "".join(f', "{name}"' for name in passing)
    words = " + ".join(f"CASE WHEN {condition} THEN 1 ELSE 0 END" for condition in unknown.values())
    return (
        f"SELECT file_row, {names}, unknown_words, fault, CASE fault {shown} END AS shown FROM"
        f" (SELECT *, CASE WHEN is_broken THEN 0 {cases} END AS fault FROM"
        f" (SELECT *, {', '.join(typed)}, {words or '0'} AS unknown_words FROM"
        f" (SELECT file_row, {source.broken} AS is_broken, {', '.join(raw)}{handed} FROM {source.relation})))"
    )


def _plain_word(column: Column) -> str:
    return f"translate(lower(CAST(\"given_{column.name}\" AS VARCHAR)), ' -', '__')"


def _is_unknown(column: Column) -> str:
    return f"coalesce({_plain_word(column)} NOT IN ({_listed(column.vocabulary)}), false)"


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def _known_word(value: str, column: Column) -> str:
    """Return the SQL of a word of the vocabulary however it is cased or spaced; unknown_word or null for another."""
    words = _listed(column.vocabulary)
    plain = _plain_word(column)
    other = f"'{column.unknown_word}'" if column.unknown_word is not None else "NULL"
    return (
        f"CASE WHEN {value} IN ({words}) THEN {value} WHEN {plain} IN ({words}) THEN {plain}"
        f' WHEN "given_{column.name}" IS NOT NULL THEN {other} END'
    )


def _without_doubt(value: str, column: Column, guard: Guard, unknown: dict[str, str]) -> str:
    """Return the SQL of a guard's word, which grants nothing in a row where another word is *unknown*."""
    doubts = " OR ".join(condition for name, condition in unknown.items() if name != column.name)
    if not guard.grants or not doubts:
        return value
    return (
        f"CASE WHEN {value} IN ({_listed(guard.grants)}) AND ({doubts}) THEN '{column.unknown_word}' ELSE {value} END"
    )


def judged_rows(
    connection: duckdb.DuckDBPyConnection, table: Table, *, later: str = "false", follows: tuple[str, str] | None = None
) -> str:
    """Return the SELECT of the rows of ``typed`` with their verdict: bad, clash, twin, orphan, later or kept.

    later is the condition under which the shop did not know of the row yet. follows names the column that leads to the
    row's parent and the parent's table; then there is a table ``seen_<parent>`` with the parent's key, is_later and
    is_hidden, the row is later when its parent is, and the parent's is_hidden stands in parent_is_hidden.
    Builds the view ``placed``, the rows with their parents, and the table ``twins``: keys that repeat, with the row
    that is kept. A row that is later repeats nothing, since that night only the other one was known.
    """
    is_orphan, parent_is_later, parent_is_hidden, parent_join = "false", "false", "false", ""
    if follows is not None:
        column, parent = follows
        parent_is_later = "coalesce(parent.is_later, false)"
        parent_is_hidden = "coalesce(parent.is_hidden, false)"
        parent_join = f'LEFT JOIN seen_{parent} AS parent ON parent.id = typed."{column}"'
        is_orphan = "parent.id IS NULL" if follows in table.parents else "false"
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW placed AS SELECT typed.*, {parent_is_hidden} AS parent_is_hidden,"
        f" {is_orphan} AS is_orphan, {later} OR {parent_is_later} AS is_later FROM typed {parent_join}"
    )
    keys = ", ".join(f'"{column}"' for column in table.key)
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE twins AS SELECT {keys}, {_first_row(table)} AS first_row,"
        f" {_differs(table)} AS differs FROM placed WHERE fault IS NULL AND NOT is_later"
        f" GROUP BY {keys} HAVING count(*) > 1"
    )
    same_key = " AND ".join(f'twins."{column}" = placed."{column}"' for column in table.key)
    return (
        "SELECT placed.*, twins.first_row,"
        " CASE WHEN fault IS NOT NULL THEN 'bad' WHEN twins.first_row <> placed.file_row AND twins.differs THEN 'clash'"
        " WHEN twins.first_row <> placed.file_row THEN 'twin'"
        " WHEN is_orphan THEN 'orphan' WHEN is_later THEN 'later' ELSE 'kept' END AS verdict"
        f" FROM placed LEFT JOIN twins ON placed.fault IS NULL AND NOT placed.is_later AND {same_key}"
    )


def _first_row(table: Table) -> str:
    """Return the SQL of the row that is kept of those with one key: the strictest if that matters, else the first."""
    guard = table.must_be_whole
    if guard is None or guard.column is None:
        return "min(file_row)"
    ranks = " ".join(f"WHEN '{word}' THEN {rank}" for rank, word in enumerate(guard.words))
    return f'arg_min(file_row, (CASE "{guard.column}" {ranks} END, file_row))'


def _differs(table: Table) -> str:
    """Return the SQL of whether rows with one key keep messages away from different people or orders."""
    if table.must_be_whole is None or not table.must_be_whole.subject:
        return "false"
    subject = ", ".join(f'"{column}"' for column in table.must_be_whole.subject)
    return f"count(DISTINCT row({subject})) > 1"
