"""One small world for each way in which a customer must be left alone, and what its truth says, as text."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from personalization.simulation.truth.left_alone import TABLES_READ, build_left_alone
from personalization.simulation.truth.reasons import REASONS
from personalization.simulation.truth.tables import reading
from tests.lib.tables import data_folder, rows

UNTIL = datetime(2024, 6, 1)
# One customer who said yes long ago; a consumable ordered on 1 May, promised for the 4th and there on the 3rd.
SHOP = {
    "customers": "customer_id | email         | created_at\n71 | ada@shop.example | 2024-01-01",
    "consents": "customer_id | captured_at | status\n71 | 2024-01-01 | subscribed",
    "products": "sku | product_type | category | status\nCUP | consumable | tea | active\nPOT | durable | tea | active",
    "orders": "order_id | customer_id | placed_at | promised_by_on\n55 | 71 | 2024-05-01T10:00:00 | 2024-05-04",
    "order_lines": "order_line_id | order_id | sku\n551 | 55 | CUP",
    "shipments": "shipment_id | order_id | status | shipped_at | delivered_at\n"
    "90 | 55 | delivered | 2024-05-01T16:00:00 | 2024-05-03T11:00:00",
    "shipment_lines": "shipment_id | order_line_id\n90 | 551",
}
_NIGHTS = ("from_on", "until_on", "knowable_from_on", "knowable_until_on")


def write_world(folder: Path, exceptions: str = "", **tables: str) -> Path:
    """Write the small shop with other tables in the place of its own, and the planted exceptions."""
    data_folder(folder, **{name: text for name, text in (SHOP | tables).items() if text})
    (folder / "truth").mkdir()
    planted = rows(exceptions)
    moments = ("begins_at", "ends_at", "knowable_at")
    columns = {
        name: pa.array(
            [datetime.fromisoformat(row[name]) if row[name] and name in moments else row[name] for row in planted],
            type=pa.timestamp("us") if name in moments else pa.string(),
        )
        for name in (planted[0] if planted else ())
    }
    pq.write_table(pa.table(columns or {"name": pa.array([], pa.string())}), folder / "truth" / "exceptions.parquet")
    return folder


def left_alone(folder: Path, reasons: Sequence[str] = tuple(REASONS)) -> pa.Table:
    """Return the rows of the truth about *folder*, which ends at UNTIL."""
    with reading(folder, TABLES_READ, threads=1) as connection:
        return build_left_alone(connection, until=UNTIL, reasons=reasons).rows


def found(folder: Path, reason: str) -> list[dict[str, Any]]:
    """Return those of one reason."""
    return list(left_alone(folder, [reason]).to_pylist())


def as_text(row: dict[str, Any]) -> str:
    """Return what a row says, without the order that is its evidence and with months of 2024 left out."""
    nights = [row[name].strftime("%m-%d") if row[name] else "-" for name in _NIGHTS]
    about = " ".join(row[name] or "all" for name in ("program", "scope"))
    thing = row["sku"] or row["category"] or "-"
    spans = f"{nights[0]}..{nights[1]} known {nights[2]}..{nights[3]}"
    return f"{row['customer_id']} {about} {thing} {row['certainty']} {spans}"
