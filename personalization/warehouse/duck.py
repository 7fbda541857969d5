"""Runs the SQL files on DuckDB.

A file under ``sql/`` holds one SELECT in DuckDB's dialect, kept to the portable subset (docs/sql.md). Its header says
what comes out, and the runner casts and orders by it, so that types and order never depend on the engine::

    -- One sentence on what a row is.
    -- columns: customer_id VARCHAR, orders BIGINT
    -- key: customer_id
    SELECT …

Tables are named bare; parameters are written ``$name``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from personalization.contracts import TABLES

SQL_FOLDER = Path(__file__).parent / "sql"
_PARAMETER = re.compile(r"\$([a-z_][a-z0-9_]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One SQL file: its SELECT, the columns it declares (name and type) and the key it is ordered by."""

    name: str
    select: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]

    @property
    def parameters(self) -> frozenset[str]:
        """Return the names of the parameters that the SELECT uses."""
        return frozenset(_PARAMETER.findall(self.select))

    @property
    def typed(self) -> str:
        """Return the SELECT with every declared column cast."""
        casts = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in self.columns)
        return f"SELECT {casts} FROM (\n{self.select}\n) AS declared"

    @property
    def ordered(self) -> str:
        """Return the typed SELECT with the rows in the order of the key."""
        order = ", ".join(f'"{name}"' for name in self.key)
        return f"{self.typed} ORDER BY {order}"


@cache
def read_statement(name: str) -> Statement:
    """Return the SQL file *name*, such as ``scoring/gaps``."""
    text = (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
    header = {match[1]: match[2] for match in re.finditer(r"^-- (columns|key): (.+)$", text, re.MULTILINE)}
    columns = tuple(_name_and_type(part) for part in header["columns"].split(", "))
    select = "\n".join(line for line in text.splitlines() if not line.startswith("--")).strip().rstrip(";")
    return Statement(name=name, select=select, columns=columns, key=tuple(header["key"].split(", ")))


def _name_and_type(part: str) -> tuple[str, str]:
    name, kind = part.split(" ", 1)
    return name, kind


class Warehouse:
    """A DuckDB database in memory that holds one night's tables.

    Use it as a context manager; it spills to *spill* when memory_limit is reached.
    """

    def __init__(self, *, threads: int = 2, memory_limit: str = "1500MB", spill: Path | None = None) -> None:
        self.connection = duckdb.connect(":memory:")
        self.connection.execute("SET TimeZone = 'UTC'")
        self.connection.execute(f"SET threads = {int(threads)}")
        self.connection.execute(f"SET memory_limit = '{memory_limit}'")
        if spill is not None:
            self.connection.execute(f"SET temp_directory = '{_quoted(spill)}'")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def load_canonical(self, folder: Path, names: tuple[str, ...] = tuple(TABLES)) -> None:
        """Make each canonical table of *folder* readable by its name; a missing one is there, but empty."""
        for name in names:
            path = folder / f"{name}.parquet"
            if path.exists():
                self.load_parquet(name, path)
            else:
                columns = ", ".join(f'"{column.name}" {column.kind}' for column in TABLES[name].columns)
                self.connection.execute(f'CREATE OR REPLACE TABLE "{name}" ({columns})')

    def load_parquet(self, name: str, path: Path) -> None:
        """Make a Parquet file readable as table *name*."""
        self.connection.execute(f"CREATE OR REPLACE VIEW \"{name}\" AS SELECT * FROM read_parquet('{_quoted(path)}')")

    def load_arrow(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table readable as table *name*."""
        self.connection.register("arriving", table)
        self.connection.execute(f'CREATE OR REPLACE TABLE "{name}" AS SELECT * FROM arriving')
        self.connection.unregister("arriving")

    def build(self, name: str, **parameters: Any) -> str:
        """Run the SQL file *name* and keep its rows as a table of the file's own name; return that name.

        The rows lie in no order: a table that is only read by other SQL is not worth sorting.
        """
        statement = read_statement(name)
        table = name.rsplit("/", 1)[-1]
        self.connection.execute(f'CREATE OR REPLACE TABLE "{table}" AS {statement.typed}', _used(statement, parameters))
        return table

    def read(self, name: str, **parameters: Any) -> pa.Table:
        """Return the rows of the SQL file *name* in its declared types and order."""
        statement = read_statement(name)
        return self.connection.sql(statement.ordered, params=_used(statement, parameters)).to_arrow_table()

    def table(self, name: str, *, order_by: str) -> pa.Table:
        """Return a whole table in a total order."""
        return self.connection.sql(f'SELECT * FROM "{name}" ORDER BY {order_by}').to_arrow_table()


def rows_where(path: Path, condition: str, *, columns: Sequence[str] = (), **parameters: Any) -> list[dict[str, Any]]:
    """Return the rows of a Parquet file that meet a condition in SQL, in the file's order; all columns by default.

    Only what may hold such a row is read: of a file of millions a few take a fraction of a second.
    """
    chosen = ", ".join(f'"{name}"' for name in columns) or "*"
    with Warehouse() as warehouse:
        warehouse.load_parquet("file", path)
        found = warehouse.connection.sql(f"SELECT {chosen} FROM file WHERE {condition}", params=parameters or None)
        rows: list[dict[str, Any]] = found.to_arrow_table().to_pylist()
    return rows


def _used(statement: Statement, parameters: dict[str, Any]) -> dict[str, Any] | None:
    missing = statement.parameters - parameters.keys()
    if missing:
        raise TypeError(f"{statement.name}.sql needs the parameters {', '.join(sorted(missing))}")
    return {name: parameters[name] for name in sorted(statement.parameters)} or None


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
