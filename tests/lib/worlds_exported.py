"""Simulated worlds, built once, and the shop's platform of a world: what another system's exports are joined with."""

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import duckdb

from personalization.simulation.simulate import Wish, simulate_world

_ORDERS = (
    'SELECT name AS "Name", order_id AS "Id", NULL AS "Email", financial_status AS "Financial Status",'
    ' currency AS "Currency", \'10.00\' AS "Total", strftime(placed_at, \'%Y-%m-%d %H:%M:%S +0000\') AS "Created at",'
    ' 1 AS "Lineitem quantity", \'Thing\' AS "Lineitem name", \'10.00\' AS "Lineitem price",'
    " 'THING' AS \"Lineitem sku\" FROM orders ORDER BY order_id"
)
_CUSTOMERS = (
    'SELECT \'\'\'\' || customer_id AS "Customer ID", first_name AS "First Name", NULL AS "Last Name",'
    ' email AS "Email", NULL AS "Accepts Email Marketing", \'\'\'\' || phone AS "Phone" FROM customers'
    " ORDER BY customer_id"
)


@cache
def world_of(seed: int) -> tuple[Path, datetime]:
    """Return the folder of a small world and the moment after its last night."""
    out = Path(mkdtemp(prefix="world-")) / "world"
    report = simulate_world(Wish(customers=600, seed=seed, days=300, out=out, systems=()))
    return out, report.last_night + timedelta(days=1)


def platform_of(world: Path, folder: Path, *, is_sparse: bool = False) -> tuple[Path, Path]:
    """Write who the customers are and what the orders are called, as Shopify would export it.

    A sparse platform knows neither their names nor their telephone numbers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = folder / "orders.csv", folder / "customers.csv"
    customers = _CUSTOMERS
    if is_sparse:
        customers = f'SELECT * REPLACE (NULL AS "First Name", NULL AS "Phone") FROM ({_CUSTOMERS})'
    with duckdb.connect() as connection:
        for name, select, path in zip(("orders", "customers"), (_ORDERS, customers), written, strict=True):
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{world / name}.parquet')")
            connection.execute(f"COPY ({select}) TO '{path}' (HEADER, FORMAT csv)")
    return written
