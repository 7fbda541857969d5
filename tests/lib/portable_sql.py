"""Which SQL files every engine must answer alike, and a warehouse that asks PostgreSQL each time DuckDB is asked."""

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias

import psycopg
import pyarrow as pa
import sqlglot
from sqlglot import ErrorLevel, exp
from sqlglot.optimizer.scope import traverse_scope

from personalization.warehouse import Warehouse
from personalization.warehouse.duck import SQL_FOLDER, Statement, read_statement

SQL_FILES = tuple(sorted(path.relative_to(SQL_FOLDER).with_suffix("").as_posix() for path in SQL_FOLDER.rglob("*.sql")))
TIME_ZONES = ("UTC", "America/New_York")  # of the session; naive UTC instants must not care
FLOAT_TOLERANCE = 1e-9  # relative; ln and power may differ in the last digits

Cell: TypeAlias = bool | int | float | str | date | datetime | list[str] | None
Row: TypeAlias = tuple[Cell, ...]


def is_own_engine(name: str) -> bool:
    """Return whether a file is DuckDB's own step: it lies in a folder ``duckdb`` or says so in its header."""
    text = (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    return "duckdb" in name.split("/")[:-1] or "-- engine: duckdb, because " in text


SHARED_FILES = tuple(name for name in SQL_FILES if not is_own_engine(name))


def on_postgres(select: str) -> tuple[str, tuple[str, ...]]:
    """Return a statement in PostgreSQL's dialect with ``$1``, ``$2``, …, and the parameters they stand for."""
    tree = sqlglot.parse_one(select, read="duckdb")
    names = tuple(sorted({node.name for node in tree.find_all(exp.Placeholder)}))
    for node in list(tree.find_all(exp.Placeholder)):
        node.replace(exp.Parameter(this=exp.Literal.number(names.index(node.name) + 1)))
    return tree.sql("postgres", identify=True, unsupported_level=ErrorLevel.RAISE), names


def tables_read(select: str) -> tuple[str, ...]:
    """Return the tables that a statement reads, its own WITH tables left out."""
    scopes = traverse_scope(sqlglot.parse_one(select, read="duckdb"))
    sources = (source for scope in scopes for source in scope.sources.values())
    return tuple(sorted({source.name for source in sources if isinstance(source, exp.Table)}))


def first_difference(ours: list[Row], theirs: list[Row]) -> str | None:
    """Return where two results part: in how many rows, or in which row; None where they are the same."""
    for place, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if len(one) != len(other) or not all(map(_is_same, one, other)):
            return f"row {place}: {one} on DuckDB, {other} on PostgreSQL"
    return None if len(ours) == len(theirs) else f"{len(ours)} rows on DuckDB, {len(theirs)} on PostgreSQL"


def _is_same(one: Cell, other: Cell) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, float) and isinstance(other, float):
        return (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=FLOAT_TOLERANCE)
    return one == other


@dataclass(slots=True)
class _Copies:
    """The tables as PostgreSQL has them, each with the fingerprint of what was copied."""

    connection: psycopg.Connection[Any]
    known: dict[str, object]


class ComparedWarehouse(Warehouse):
    """A warehouse that runs each shared file on PostgreSQL too, over the same tables, before it does its own work.

    differences: file → the first thing that differed. rows: file → the most rows it ever returned. A difference stops
    nothing, so that one run tells of all files.
    """

    def __init__(self, address: str) -> None:
        super().__init__()
        self.differences: dict[str, str] = {}
        self.rows: dict[str, int] = {}
        self.seen_parameters: dict[str, Any] = {}
        connection = psycopg.connect(address, autocommit=True, cursor_factory=psycopg.RawCursor)
        self._copies = _Copies(connection=connection, known={})
        connection.execute("SET statement_timeout = '60s'")
        if connection.execute("SELECT 'a' > 'B' AND lower('É') = 'é'").fetchone() != (True,):
            raise AssertionError("this database does not order text by its bytes, or does not know É")

    def __exit__(self, *error: Any) -> None:
        self._copies.connection.close()
        super().__exit__(*error)

    def build(self, name: str, **parameters: Any) -> str:
        self.compare_file(name, **parameters)
        return super().build(name, **parameters)

    def read(self, name: str, **parameters: Any) -> pa.Table:
        self.compare_file(name, **parameters)
        return super().read(name, **parameters)

    def compare_file(self, name: str, **parameters: Any) -> None:
        """Compare a shared file over the tables as they are now; parameters not given are as they were last seen."""
        self.seen_parameters |= parameters
        if not is_own_engine(name):
            self.compare(read_statement(name), self.seen_parameters)

    def compare(self, statement: Statement, parameters: dict[str, Any]) -> None:
        """Run a statement on both engines, in each session time zone, and keep the first difference."""
        values = {name: parameters[name] for name in statement.parameters}
        results = []
        for zone in TIME_ZONES:
            self.connection.execute(f"SET TimeZone = '{zone}'")
            results.append(self.connection.execute(statement.ordered, values or None).fetchall())
        self.connection.execute("SET TimeZone = 'UTC'")
        self.rows[statement.name] = max(len(results[0]), self.rows.get(statement.name, 0))
        if found := first_difference(*results):
            self.differences.setdefault(statement.name, f"DuckDB itself differs between time zones: {found}")
        for zone in TIME_ZONES:
            found = self._difference_on_postgres(statement, values, results[0], zone)
            if found:
                self.differences.setdefault(statement.name, f"{found} ({zone})")

    def _difference_on_postgres(
        self, statement: Statement, values: dict[str, Any], ours: list[Row], zone: str
    ) -> str | None:
        for table in tables_read(statement.select):
            self._copy(table)
        try:
            select, names = on_postgres(statement.ordered)
            self._copies.connection.execute(f"SET TimeZone = '{zone}'")
            theirs = self._copies.connection.execute(select, [values[name] for name in names]).fetchall()
        except (psycopg.Error, sqlglot.errors.SqlglotError) as error:
            return f"PostgreSQL cannot run it: {error}"
        return first_difference(ours, theirs)

    def _copy(self, table: str) -> None:
        """Bring PostgreSQL's copy of a table up to date.

        The rows go over backwards: what hangs on the order in which rows happen to lie comes out differently.
        """
        columns = self.connection.execute(f'DESCRIBE "{table}"').fetchall()
        content = self.connection.execute(f'SELECT count(*), sum(CAST(hash(t) AS HUGEINT)) FROM "{table}" AS t')
        fingerprint = ([column[:2] for column in columns], content.fetchall())
        if self._copies.known.get(table) == fingerprint:
            return
        typed = ", ".join(f'"{name}" {_postgres_type(kind)}' for name, kind, *_ in columns)
        postgres = self._copies.connection
        postgres.execute(f'DROP TABLE IF EXISTS "{table}"')
        postgres.execute(f'CREATE TEMPORARY TABLE "{table}" ({typed})')
        with postgres.cursor() as cursor, cursor.copy(f'COPY "{table}" FROM STDIN') as copy:
            for row in reversed(self.connection.table(table).fetchall()):
                copy.write_row(row)
        postgres.execute(f'ANALYZE "{table}"')
        self._copies.known[table] = fingerprint


def _postgres_type(kind: str) -> str:
    return exp.DataType.build(kind, dialect="duckdb").sql("postgres")
