"""Between DuckDB, Arrow and numpy: tables in, whole columns out, and back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from personalization.contracts import REQUIRED_TABLES, TABLES
from personalization.errors import BadInput
from personalization.simulation.chance import Keys, Whole

_SQL = Path(__file__).parent / "sql"


def load_given(connection: duckdb.DuckDBPyConnection, name: str, data: Path) -> None:
    """Load a table with every column of the contract, absent ones empty, and any column of its own.

    Raises BadInput when a required table is missing or a file cannot be read.
    """
    path = data / f"{name}.parquet"
    contract = {column.name: str(column.kind) for column in TABLES[name].columns}
    if not path.exists():
        if name in REQUIRED_TABLES:
            raise BadInput(f"{path}: no such file; the simulation needs purchases as Parquet, so import some first")
        columns = ", ".join(f'"{column}" {kind}' for column, kind in contract.items())
        connection.execute(f"CREATE TABLE {name} ({columns})")
        return
    quoted = str(path).replace("'", "''")
    source = f"read_parquet('{quoted}')"
    try:
        given = [str(row[0]) for row in connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
        cells = [
            f"CAST({_identifier(column) if column in given else 'NULL'} AS {kind}) AS {_identifier(column)}"
            for column, kind in contract.items()
        ]
        cells += [_identifier(column) for column in given if column not in contract]
        connection.execute(f"CREATE TABLE {name} AS SELECT {', '.join(cells)} FROM {source}")
    except duckdb.Error as error:
        raise BadInput(f"{path}: cannot be read: {str(error).splitlines()[0]}") from error


def _identifier(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def sql(name: str) -> str:
    """Return the text of the SQL file *name*."""
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def select(connection: duckdb.DuckDBPyConnection, name: str, **parameters: Any) -> pa.Table:
    """Return the rows of the SQL file *name*, given those of the parameters that it uses."""
    text = sql(name)
    used = {key: value for key, value in parameters.items() if f"${key}" in text}
    return connection.sql(text, params=used or None).to_arrow_table()


def keep(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    """Make an Arrow table readable as table *name*."""
    connection.register("arriving", table)
    connection.execute(f"CREATE TABLE {name} AS SELECT * FROM arriving")
    connection.unregister("arriving")


def build(connection: duckdb.DuckDBPyConnection, name: str, **parameters: Any) -> pa.Table:
    """Keep the rows of the SQL file *name* as a table of that name, and return them."""
    table = select(connection, name, **parameters)
    keep(connection, name, table)
    return table


def whole_column(table: pa.Table, name: str) -> Whole:
    """Return a column of whole numbers without nulls."""
    return np.asarray(table[name].to_numpy(), dtype=np.int64)


def key_column(table: pa.Table, name: str) -> Keys:
    """Return a column of 64-bit hashes."""
    return np.asarray(table[name].to_numpy(), dtype=np.uint64)


def words(names: Sequence[str | None], places: Whole) -> pa.Array:
    """Return the name at each place."""
    return pa.array(names, type=pa.string()).take(pa.array(np.minimum(places, len(names) - 1)))


def instants(moments: Whole) -> pa.Array:
    """Return moments, in whole seconds since 1970, as naive UTC instants."""
    return pa.array(moments * 1_000_000).cast(pa.timestamp("us"))


def dates(days: Whole) -> pa.Array:
    """Return days since 1970 as dates."""
    return pa.array(days.astype(np.int32)).cast(pa.date32())


def known(moments: Whole, *, until: int) -> pa.Array:
    """Return moments as instants, null where they lie at or after *until*."""
    is_ahead = moments >= until
    return pa.array(np.where(is_ahead, 0, moments) * 1_000_000, mask=is_ahead).cast(pa.timestamp("us"))


def texts(numbers: Whole, *, absent: int | None = None) -> pa.Array:
    """Return numbers as ids, null where they are *absent*."""
    return pa.array(numbers, mask=None if absent is None else numbers == absent).cast(pa.string())


def below(share: float) -> int:
    """Return the number that a share of all 64-bit hashes lies below."""
    return min(int(share * 2.0**64), 2**64 - 1)
