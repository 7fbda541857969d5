"""What every helpdesk is told of a world's tickets: who wrote, about which order, and where the reason was noted."""

from pathlib import Path

import duckdb

_TABLES = ("customers", "orders", "tickets")
_SQL = Path(__file__).parent / "sql"


def open_helpdesk(data: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection with ``told``, one row a ticket of the world in *data*, in the order of their ids.

    Of every five tickets two have their reason in a tag, one in a field and two in the subject alone, in English or
    German; of every three one names its order in a field, one in a tag and one in the subject. Every other person is
    known to the helpdesk by the email address alone, where nobody else has it.
    """
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("CREATE MACRO zulu(moment) AS strftime(moment, '%Y-%m-%dT%H:%M:%SZ')")
    connection.execute("CREATE MACRO stamp(moment) AS strftime(moment, '%Y-%m-%dT%H:%M:%S.%f')")
    connection.execute(
        "CREATE MACRO number_of(id) AS CASE WHEN regexp_full_match(id, '[1-9][0-9]{0,17}') THEN CAST(id AS JSON)"
        " ELSE to_json(id) END"
    )
    for table in _TABLES:
        path = str(data / f"{table}.parquet").replace("'", "''")
        connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{path}')")
    connection.execute(f"CREATE TABLE told AS {read_sql('helpdesk', 'told')}")
    return connection


def read_sql(system: str, name: str) -> str:
    """Return the SELECT called *name* of a system's export."""
    return (_SQL / system / f"{name}.sql").read_text(encoding="utf-8")


def write_lines(connection: duckdb.DuckDBPyConnection, select: str, path: Path) -> None:
    """Write the rows of *select* as JSON, an object a line."""
    target = str(path).replace("'", "''")
    connection.execute(f"COPY ({select}) TO '{target}' (FORMAT json)")
