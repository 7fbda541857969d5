"""Runs the query of a mapping and keeps its rows as Parquet, a batch at a time, reading only.

The address of the database comes from the environment and stands in no message: it holds the password.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import URL, Connection, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, ProgrammingError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from personalization.errors import BadInput, ConfigurationInvalid

_ROWS_A_BATCH = 20_000  # some ten megabytes of an ordinary table; our choice
# The drivers that SQLAlchemy would not choose by itself but that are there, and Airflow's names of kinds of database.
_DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
_DIALECTS = {"postgresql": "postgres", "mssql": "tsql"}  # where sqlglot calls a dialect otherwise than SQLAlchemy
_PART_OF_URL = ("login", "password", "host", "port", "schema")


def connection_url(name: str, *, where: str) -> URL:
    """Return the address of the connection *name*: POSTLUDE_SQL_<NAME>, else Airflow's AIRFLOW_CONN_<NAME>.

    Raises ConfigurationInvalid, which never shows what is there.
    """
    variables = (f"POSTLUDE_SQL_{name.upper()}", f"AIRFLOW_CONN_{name.upper()}")
    found = next((variable for variable in variables if os.environ.get(variable, "").strip()), None)
    if found is None:
        raise ConfigurationInvalid(
            f"{where}: connection '{name}' is not known; set {variables[0]} to its SQLAlchemy address"
            f" (or {variables[1]}, as Airflow does)"
        )
    given = os.environ[found].strip()
    try:
        url = _from_airflow(json.loads(given)) if given.startswith("{") else make_url(given)
        return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    except (ArgumentError, ValueError, TypeError, AttributeError, KeyError):
        raise ConfigurationInvalid(
            f"{where}: {found} is no address such as postgresql://user:password@host/database"
        ) from None


def _from_airflow(connection: dict[str, Any]) -> URL:
    """Return the address in a connection that is written as JSON.

    https://airflow.apache.org/docs/apache-airflow/stable/howto/connection.html (JSON format).
    """
    login, password, host, port, schema = (connection.get(part) or None for part in _PART_OF_URL)
    kind = str(connection["conn_type"])
    if kind == "sqlite":
        return URL.create("sqlite", database=host or schema)
    return URL.create(
        kind, username=login, password=password, host=host, port=int(port) if port else None, database=schema
    )


def keep_query_rows(query: str, url: URL, target: Path, *, where: str) -> int:
    """Write the rows of *query* to the Parquet file *target*, every cell as text, and return how many there are.

    Raises ConfigurationInvalid for a statement that could write, BadInput when the database refuses.
    """
    _require_one_select(query, url, where=where)
    rows = 0
    with _reading_only(url, where) as connection:
        # As it is written, without parameters: a colon or a percent sign in a literal is no place for a value.
        options = {"stream_results": True, "max_row_buffer": _ROWS_A_BATCH, "no_parameters": True}
        result = connection.execution_options(**options).exec_driver_sql(query)
        names = list(map(str, result.keys()))
        repeated = sorted({name for name in names if [n.lower() for n in names].count(name.lower()) > 1})
        if repeated:
            raise ConfigurationInvalid(f"{where}: the query gives two columns {repeated[0]}; name them apart with AS")
        schema = pa.schema([(name, pa.string()) for name in names])
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            for batch in result.partitions(_ROWS_A_BATCH):
                columns = [_as_text(column) for column in zip(*batch, strict=True)]
                writer.write_table(pa.table(dict(zip(names, columns, strict=True)), schema=schema))
                rows += len(batch)
    return rows


def _as_text(values: tuple[Any, ...]) -> pa.Array:
    """Return a column as text: numbers without loss, times as ISO writes them."""
    try:
        found = pa.array(values)
        if pa.types.is_timestamp(found.type):
            return pc.strftime(found, format="%Y-%m-%dT%H:%M:%S" + ("%z" if found.type.tz else ""))
        if not pa.types.is_nested(found.type) and not pa.types.is_binary(found.type):
            return found.cast(pa.string())
    except (pa.ArrowException, TypeError, ValueError):
        pass  # a column of several types, or of one that Arrow does not know, such as a UUID
    return pa.array([None if value is None else _plain(value) for value in values], pa.string())


def _plain(value: Any) -> str:
    return json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)


def _require_one_select(query: str, url: URL, *, where: str) -> None:
    import sqlglot  # half a second to load, which every command would wait for

    dialect = url.get_backend_name()
    spoken = sqlglot.Dialect.get(_DIALECTS.get(dialect, dialect))  # of another, what all have in common
    try:
        statements = [one for one in sqlglot.parse(query, read=spoken) if one is not None]
    except (sqlglot.errors.SqlglotError, ValueError):
        raise ConfigurationInvalid(f"{where}: query cannot be read as SQL of {dialect}") from None
    writes = (sqlglot.exp.Insert, sqlglot.exp.Update, sqlglot.exp.Delete, sqlglot.exp.Merge, sqlglot.exp.DDL)
    is_select = len(statements) == 1 and isinstance(statements[0], sqlglot.exp.Query)
    if not is_select or any(
        isinstance(node, writes) and not isinstance(node, sqlglot.exp.Query) for node in statements[0].walk()
    ):
        raise ConfigurationInvalid(f"{where}: query must be one SELECT; Postlude only reads")


@contextmanager
def _reading_only(url: URL, where: str) -> Iterator[Connection]:
    """Give a connection whose transaction is read-only where the database knows that, and is rolled back always."""
    hint = "; check the query and that the database can be reached"
    try:
        engine = create_engine(url, poolclass=NullPool)
        backend = url.get_backend_name()
        with engine.connect() as plain:
            options = {"postgresql_readonly": True} if backend == "postgresql" else {}
            connection = plain.execution_options(**options)
            if backend == "sqlite":
                connection.execute(text("PRAGMA query_only = ON"))
            yield connection
            connection.rollback()
    except (NoSuchModuleError, ModuleNotFoundError):
        raise ConfigurationInvalid(f"{where}: no driver is installed for {url.drivername}") from None
    except SQLAlchemyError as error:
        raise BadInput(f"{where}: the database refused: {_said(error)}{hint}") from None


def _said(error: SQLAlchemyError) -> str:
    """Return what may be shown of an error: the sentence about the statement, never a value or an address."""
    origin = getattr(error, "orig", None)
    first = str(origin).splitlines()[0] if origin is not None and str(origin) else ""
    is_about_statement = isinstance(error, ProgrammingError) or first.startswith(("no such ", "near "))
    return first if is_about_statement else type(origin or error).__name__
