"""A world as Loop's detailed list of returns would give it, one page a line.

Amounts are texts, every piece of a line is an item of its own, and the order has two numbers, of which the shop knows
one. Loop does not tell when a return was approved. The worlds have currencies of two decimals.
"""

from pathlib import Path

import duckdb

_TABLES = ("returns", "return_lines", "orders", "order_lines", "products", "customers")
_SQL = Path(__file__).parent / "sql" / "loop"


def write(data: Path, out: Path) -> None:
    """Write the returns of the world in *data* into ``returns.jsonl`` in *out*."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("CREATE MACRO amount(cents) AS printf('%d.%02d', coalesce(cents, 0) // 100, cents % 100)")
        connection.execute("CREATE MACRO at_gmt(moment) AS strftime(moment, '%Y-%m-%dT%H:%M:%S.000Z')")
        connection.execute("CREATE MACRO plain(moment) AS strftime(moment, '%Y-%m-%d %H:%M:%S')")
        for table in _TABLES:
            path = str(data / f"{table}.parquet").replace("'", "''")
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{path}')")
        select = (_SQL / "returns.sql").read_text(encoding="utf-8")
        target = str(out / "returns.jsonl").replace("'", "''")
        connection.execute(f"COPY ({select}) TO '{target}' (FORMAT json)")
