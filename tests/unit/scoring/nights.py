"""One night's scores from a small table of order lines."""

from datetime import date, datetime
from typing import Any

import pyarrow as pa

from personalization.scoring import Scores, score
from personalization.warehouse import Warehouse
from tests.lib.tables import rows, warehouse_of

RUN_DATE = date(2011, 11, 20)
CUTOFF = datetime(2011, 11, 21)

LINE_STATE = pa.schema(
    [
        ("order_line_id", pa.string()),
        ("order_id", pa.string()),
        ("customer_id", pa.string()),
        ("sku", pa.string()),
        ("qty", pa.int64()),
        ("unit_price_cents", pa.int64()),
        ("placed_at", pa.timestamp("us")),
        ("delivered_at", pa.timestamp("us")),
        ("parcels", pa.int64()),
        ("is_delivered", pa.bool_()),
        ("is_returned", pa.bool_()),
        ("lanes", pa.string()),
    ]
)


def line_state(lines: list[dict[str, Any]]) -> pa.Table:
    """Return line_state; what a line does not say is one unit at 1000, not delivered, not returned, order o<n>."""
    filled = [
        {
            "order_line_id": f"l{number}",
            "order_id": line.get("order_id") or f"o{number}",
            "customer_id": line["customer_id"],
            "sku": line["sku"],
            "qty": int(line.get("qty") or 1),
            "unit_price_cents": 1000,
            "placed_at": _instant(line["placed_at"]),
            "delivered_at": _instant(line.get("delivered_at")),
            "parcels": 1,
            "is_delivered": line.get("delivered_at") is not None,
            "is_returned": line.get("is_returned") == "true",
            "lanes": "unknown/unknown/unknown",
        }
        for number, line in enumerate(lines)
    ]
    return pa.Table.from_pylist(filled, schema=LINE_STATE)


def _instant(cell: str | datetime | None) -> datetime | None:
    return datetime.fromisoformat(cell) if isinstance(cell, str) else cell


def shop(lines: str | list[dict[str, Any]], **tables: str) -> Warehouse:
    """Return a warehouse with the given order lines (a small table, or records) and canonical tables."""
    warehouse = warehouse_of(**tables)
    warehouse.load_arrow("line_state", line_state(rows(lines) if isinstance(lines, str) else lines))
    return warehouse


def scored(lines: str | list[dict[str, Any]], **tables: str) -> Scores:
    """Return the scores of the night 2011-11-20."""
    with shop(lines, **tables) as warehouse:
        return score(warehouse, run_date=RUN_DATE, cutoff=CUTOFF)


def row(table: pa.Table, **key: str) -> dict[str, Any]:
    """Return the one row of *table* with that key."""
    found = [record for record in table.to_pylist() if all(record[name] == value for name, value in key.items())]
    assert len(found) == 1, f"{len(found)} rows of {key}"
    return found[0]


def regulars(customers: int, *, sku: str = "coffee", every_days: int = 30, times: int = 3) -> list[dict[str, Any]]:
    """Return the order lines of *customers* who bought *sku* every so many days, last on 2011-11-01, one unit each."""
    last = date(2011, 11, 1).toordinal()
    return [
        {
            "customer_id": f"regular{number:04}",
            "sku": sku,
            "placed_at": f"{date.fromordinal(last - every_days * back)} 10:00",
        }
        for number in range(customers)
        for back in range(times)
    ]
