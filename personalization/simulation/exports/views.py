"""The tables of a world as views, the SELECTs of the exports, and files of JSON lines."""

from collections.abc import Iterable
from pathlib import Path

import duckdb

_SQL = Path(__file__).parent / "sql"


def open_world(data: Path, tables: Iterable[str]) -> duckdb.DuckDBPyConnection:
    """Return a connection with the tables of the world in *data*, and how systems write moments and ids.

    zulu and stamp write a moment with and without its zone; number_of writes an id as a number where it is one.
    """
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("CREATE MACRO zulu(moment) AS strftime(moment, '%Y-%m-%dT%H:%M:%SZ')")
    connection.execute("CREATE MACRO stamp(moment) AS strftime(moment, '%Y-%m-%dT%H:%M:%S.%f')")
    connection.execute(
        "CREATE MACRO number_of(id) AS CASE WHEN regexp_full_match(id, '[1-9][0-9]{0,17}') THEN CAST(id AS JSON)"
        " ELSE to_json(id) END"
    )
    for table in tables:
        path = str(data / f"{table}.parquet").replace("'", "''")
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{path}')")
    return connection


def read_sql(system: str, name: str) -> str:
    """Return the SELECT called *name* of a system's export."""
    return (_SQL / system / f"{name}.sql").read_text(encoding="utf-8")


def write_lines(connection: duckdb.DuckDBPyConnection, select: str, path: Path) -> None:
    """Write the rows of *select* as JSON, an object a line."""
    target = str(path).replace("'", "''")
    connection.execute(f"COPY ({select}) TO '{target}' (FORMAT json)")
