"""A world as WooCommerce's REST API (wc/v3) would give it: orders, refunds, products, variations and customers.

Amounts are texts, times GMT without a zone, a guest is customer 0, and tracking numbers stand in the meta data of the
Shipment Tracking plugin. The worlds have currencies of two decimals and prices without tax.
"""

from pathlib import Path

import duckdb

_FILES = ("orders", "refunds", "products", "variations", "customers")
_TABLES = ("customers", "orders", "order_lines", "products", "refunds", "shipments")
_SQL = Path(__file__).parent / "sql" / "woocommerce"

# Variations have ids of their own, and share the product that they are variations of.
_SHELF = (
    "CREATE TEMP VIEW shelf AS SELECT *, coalesce(product_id, variant_group) AS parent_id, CASE WHEN variant_group IS"
    " NOT NULL THEN 1000000 + row_number() OVER (PARTITION BY variant_group IS NULL ORDER BY sku) ELSE 0 END"
    " AS variation_id FROM products"
)


def write(data: Path, out: Path) -> None:
    """Write the world in *data* into *out*, a JSON file a list of the API; a table that is not there leaves it out."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        _define_forms(connection)
        for table in _TABLES:
            path = str(data / f"{table}.parquet").replace("'", "''")
            connection.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{path}')")
        connection.execute(_SHELF)
        for name in _FILES:
            select = (_SQL / f"{name}.sql").read_text(encoding="utf-8")
            target = str(out / f"{name}.json").replace("'", "''")
            connection.execute(f"COPY ({select}) TO '{target}' (FORMAT json, ARRAY true)")


def _define_forms(connection: duckdb.DuckDBPyConnection) -> None:
    """Define how WooCommerce writes an amount, a time and an id: a number where it is one."""
    connection.execute("CREATE MACRO amount(cents) AS printf('%d.%02d', coalesce(cents, 0) // 100, cents % 100)")
    connection.execute("CREATE MACRO gmt(moment) AS strftime(moment, '%Y-%m-%dT%H:%M:%S')")
    connection.execute(
        "CREATE MACRO number_of(id) AS CASE WHEN regexp_full_match(id, '[1-9][0-9]{0,17}') THEN CAST(id AS JSON)"
        " ELSE to_json(id) END"
    )
