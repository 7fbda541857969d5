"""Small tables for tests: written as text, typed by the canonical contract, required columns filled in."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from personalization.contracts import TABLES, Kind
from personalization.warehouse import Warehouse

_TYPES = {
    Kind.TEXT: pa.string(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.INSTANT: pa.timestamp("us"),
    Kind.DATE: pa.date32(),
    Kind.TEXT_LIST: pa.list_(pa.string()),
}
_PARSERS = {
    Kind.TEXT: str,
    Kind.INTEGER: int,
    Kind.NUMBER: float,
    Kind.BOOLEAN: lambda text: text == "true",
    Kind.INSTANT: datetime.fromisoformat,
    Kind.DATE: date.fromisoformat,
    Kind.TEXT_LIST: lambda text: text.split(","),
}
# What a required column holds where a test does not care.
_FILLERS: dict[str, Any] = {
    "currency": "GBP",
    "total_cents": 1000,
    "financial_status": "paid",
    "qty": 1,
    "unit_price_cents": 1000,
    "price_cents": 1000,
    "title": "A thing",
    "product_type": "consumable",
    "source": "test",
    "reason": "other",
    "channel": "email",
    "purpose": "marketing",
    "class": "marketing",
    "type": "delivered",
    "state": "open",
    "status": {"products": "active", "consents": "subscribed", "tickets": "open", "messages": "sent"},
    "placed_at": datetime(2011, 10, 1, 12),
    "captured_at": datetime(2010, 1, 1),
    "requested_at": datetime(2011, 10, 1, 12),
    "suppressed_at": datetime(2010, 1, 1),
}


def rows(text: str) -> list[dict[str, str | None]]:
    """Return the rows of a small table: a header line, then a line a row, cells parted by ``|``; ``-`` is null."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [dict(zip(lines[0], (None if cell == "-" else cell for cell in line), strict=True)) for line in lines[1:]]


def canonical(name: str, text: str) -> pa.Table:
    """Return the canonical table *name* from *text*; columns that are not given are filled or null."""
    table = TABLES[name]
    given = rows(text)
    columns = {}
    for column in table.columns:
        filler = _FILLERS.get(column.name)
        if isinstance(filler, dict):
            filler = filler.get(name)
        default = None if column.nullable else filler
        cells = [
            row.get(column.name, default) if column.name in (given[0] if given else {}) else default for row in given
        ]
        values = [_PARSERS[column.kind](cell) if isinstance(cell, str) else cell for cell in cells]
        columns[column.name] = pa.array(values, type=_TYPES[column.kind])
    if "received_at" in columns and name == "tracking_events":
        columns["received_at"] = columns["occurred_at"] if columns["received_at"].null_count else columns["received_at"]
    return pa.table(columns)


def warehouse_of(**tables: str) -> Warehouse:
    """Return a warehouse that holds every canonical table: the given ones from text, the others empty."""
    warehouse = Warehouse(threads=1)
    warehouse.load_canonical(Path("nowhere"))
    for name, text in tables.items():
        warehouse.load_arrow(name, canonical(name, text))
    return warehouse


def data_folder(folder: Path, **tables: str) -> Path:
    """Write the given canonical tables into *folder* as Parquet and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tables.items():
        pq.write_table(canonical(name, text), folder / f"{name}.parquet")
    return folder
