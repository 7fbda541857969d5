"""The canonical tables of a folder as the truth reads them, views over its Parquet files; and this package's SQL."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from personalization.contracts import REQUIRED_TABLES, TABLES
from personalization.errors import BadInput

TRUTH = "truth"  # the folder beside the canonical tables
_SQL = Path(__file__).parent / "sql"
_EXCEPTION_COLUMNS = {
    **dict.fromkeys(("name", "exception_id", "customer_id", "order_id", "order_line_id", "shipment_id"), "VARCHAR"),
    **dict.fromkeys(("ticket_id", "return_id", "sku"), "VARCHAR"),
    **dict.fromkeys(("begins_at", "ends_at", "knowable_at"), "TIMESTAMP"),
}
_CYCLE_COLUMNS = {  # how many days a unit of a product really lasts a customer
    **dict.fromkeys(("customer_id", "sku"), "VARCHAR"),
    "cycle_days": "BIGINT",
    **dict.fromkeys(("begins_at", "ends_at"), "TIMESTAMP"),
    "is_subscription": "BOOLEAN",
}


@contextmanager
def reading(folder: Path, tables: Sequence[str], *, threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database in which the canonical *tables* of *folder*, exceptions and cycles of its truth can be read.

    A table that is not there is empty, and so is a column. Raises BadInput when a required table is missing or a file
    cannot be read, also later, while its rows are read.
    """
    with duckdb.connect(":memory:", config={"threads": threads, "memory_limit": "1400MB"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for name in tables:
            columns = {column.name: str(column.kind) for column in TABLES[name].columns}
            path = folder / f"{name}.parquet"
            if name in REQUIRED_TABLES and not path.exists():
                raise BadInput(f"{path}: no such file; the truth is about purchases, so simulate some first")
            _view(connection, name, path, columns)
        _view(connection, "exceptions", folder / TRUTH / "exceptions.parquet", _EXCEPTION_COLUMNS)
        _view(connection, "cycles", folder / TRUTH / "cycles.parquet", _CYCLE_COLUMNS)
        try:
            yield connection
        except (duckdb.IOException, duckdb.InvalidInputException, duckdb.ConversionException) as error:
            raise BadInput(f"{folder}: its tables cannot be read: {str(error).splitlines()[0]}") from error


def _view(connection: duckdb.DuckDBPyConnection, name: str, path: Path, columns: dict[str, str]) -> None:
    if not path.exists():
        cells = ", ".join(f'CAST(NULL AS {kind}) AS "{column}"' for column, kind in columns.items())
        connection.execute(f"CREATE VIEW {name} AS SELECT {cells} WHERE FALSE")
        return
    quoted = str(path).replace("'", "''")
    try:
        given = connection.execute(f"SELECT * FROM read_parquet('{quoted}') LIMIT 0").description or []
    except duckdb.Error as error:
        raise BadInput(f"{path}: cannot be read: {str(error).splitlines()[0]}") from error
    known = {str(column[0]) for column in given}
    cells = ", ".join(
        f'CAST("{column}" AS {kind}) AS "{column}"' if column in known else f'CAST(NULL AS {kind}) AS "{column}"'
        for column, kind in columns.items()
    )
    connection.execute(f"CREATE VIEW {name} AS SELECT {cells} FROM read_parquet('{quoted}')")


def sql(name: str) -> str:
    """Return the text of the SQL file *name* of this package."""
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def prepare(connection: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """Keep the rows of each prepared SQL file as a table of its name."""
    for name in names:
        connection.execute(f"CREATE TABLE {name} AS {sql(f'prepared/{name}')}")
