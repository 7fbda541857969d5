"""A world as Shopify gives it: the CSV exports of the admin pages, and the JSON lines of four bulk operations.

The CSV files have Shopify's quirks: an order's own cells stand on its first row alone, ids and telephone numbers begin
with an apostrophe, times have the shop's offset. In the JSON lines children stand anywhere, as they do since objects
are no longer grouped by default. What Shopify has no word for is written as its nearest: a parcel on its way back is
a failure, a return that is awaited and one that has arrived are both open, a soft opt-in is no subscription.
"""

from pathlib import Path

import duckdb

from personalization.contracts import TABLES

_TABLES = (
    *("customers", "consents", "products", "orders", "order_lines", "refunds", "returns", "return_lines"),
    *("shipments", "shipment_lines", "tracking_events"),
)
_SQL = Path(__file__).parent / "sql" / "shopify"
_LINES = ("bulk_customers", "bulk_products", "bulk_orders", "bulk_fulfillments")
_SHEETS = ("customers_export", "products_export", "orders_export")
_AS_LINES = "FORMAT csv, HEADER false, QUOTE '', ESCAPE ''"  # one column, as it is


def write(data: Path, out: Path) -> None:
    """Write the world in *data* into *out*: three CSV files and four of JSON lines."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        _define_forms(connection)
        for name in _TABLES:
            connection.execute(f"CREATE VIEW {name} AS {_rows(data, name)}")
        for name in _LINES:
            connection.execute(f"COPY ({_select(name)}) TO '{_quoted(out / name)}.jsonl' ({_AS_LINES})")
        for name in _SHEETS:
            connection.execute(f"COPY ({_select(name)}) TO '{_quoted(out / name)}.csv' (FORMAT csv, HEADER)")


def _define_forms(connection: duckdb.DuckDBPyConnection) -> None:
    """Define how Shopify writes an id, an amount, a time, and a cell that spreadsheets must take for text."""
    connection.execute("CREATE MACRO gid(kind, id) AS 'gid://shopify/' || kind || '/' || id")
    connection.execute(
        "CREATE MACRO amount(cents) AS printf('%d.%02d', coalesce(cents, 0) // 100, coalesce(cents, 0) % 100)"
    )
    connection.execute(
        "CREATE MACRO money(cents, code) AS {'shopMoney': {'amount': amount(cents), 'currencyCode': code}}"
    )
    connection.execute("CREATE MACRO zulu(moment) AS strftime(moment, '%Y-%m-%dT%H:%M:%SZ')")
    connection.execute("CREATE MACRO on_paper(moment) AS strftime(moment + INTERVAL 1 HOUR, '%Y-%m-%d %H:%M:%S +0100')")
    connection.execute("CREATE MACRO as_text(cell) AS '''' || cell")


def _rows(data: Path, name: str) -> str:
    """Return the SELECT of a table with all columns of the contract, whichever of them the folder has."""
    columns = ", ".join(f'CAST(NULL AS {column.kind}) AS "{column.name}"' for column in TABLES[name].columns)
    path = data / f"{name}.parquet"
    found = f" UNION ALL BY NAME SELECT * FROM read_parquet('{_quoted(path)}')" if path.exists() else ""
    return f"SELECT * FROM (SELECT {columns} WHERE false{found})"


def _select(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
