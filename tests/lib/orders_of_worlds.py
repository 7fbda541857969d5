"""The orders of a world as a shop's platform exports them, and no more: what other systems' rows are joined to."""

from pathlib import Path

import duckdb

from tests.lib.exports_of_shops import bring_in

# A platform's CSV numbers lines in its own way, so each order has one line that nothing else speaks of.
_ORDERS = """
SELECT
    name AS "Name", '' AS "Email", financial_status AS "Financial Status", currency AS "Currency",
    printf('%.2f', total_cents / 100) AS "Total", strftime(placed_at, '%Y-%m-%d %H:%M:%S +0000') AS "Created at",
    1 AS "Lineitem quantity", 'A thing' AS "Lineitem name", '1.00' AS "Lineitem price", 'A-THING' AS "Lineitem sku",
    order_id AS "Id"
FROM orders
ORDER BY order_id
"""


def import_orders(world: Path, out: Path, *, scratch: Path) -> None:
    """Import the world's orders, with their ids and names, into the data folder *out*."""
    scratch.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW orders AS FROM read_parquet('{world / 'orders'}.parquet')")
        connection.execute(f"COPY ({_ORDERS}) TO '{scratch / 'orders.csv'}' (HEADER)")
    bring_in(out, "shopify", scratch / "orders.csv")


def rows_alike(world: Path, imported: Path, table: str, *, columns: tuple[str, ...], select: str) -> tuple[list, list]:
    """Return the rows of a table of the world, as *select* cuts it from ``world``, and those that were imported.

    Only columns that the world has are compared, in the order of all their values.
    """
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW world AS FROM read_parquet('{world / table}.parquet')")
        connection.execute(f"CREATE VIEW imported AS FROM read_parquet('{imported / table}.parquet')")
        known = {str(row[0]) for row in connection.execute("DESCRIBE world").fetchall()}
        cells = ", ".join(name for name in columns if name in known)
        expected = connection.execute(f"SELECT {cells} FROM ({select}) ORDER BY ALL").fetchall()
        return expected, connection.execute(f"SELECT {cells} FROM imported ORDER BY ALL").fetchall()
