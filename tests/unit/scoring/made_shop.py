"""A made-up shop whose customers collect series: who bought one part soon buys the next, at an order each fortnight."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CUTOFF = datetime(2011, 11, 21)
SERIES, PARTS = 30, 12


def collectors(customers: int, *, seed: int = 0, drifts: bool = False) -> list[dict[str, Any]]:
    """Return order lines of 30 weeks: each customer goes on with two series, and buys something popular besides.

    drifts: in the last fortnight everybody buys at random instead.
    """
    draw = np.random.default_rng(seed)
    lines = []
    for customer in range(customers):
        series = draw.choice(SERIES, size=2, replace=False)
        part = draw.integers(0, PARTS, size=2)
        day = int(draw.integers(196, 210))
        while day > 0:
            bought = [f"s{one}-{number % PARTS}" for one, number in zip(series, part, strict=True)]
            if drifts and day <= 14:
                bought = [f"s{draw.integers(SERIES)}-{draw.integers(PARTS)}" for _ in bought]
            bought.append(f"p{int(draw.exponential(3))}")
            placed_at = CUTOFF - timedelta(days=day) + timedelta(hours=8)
            lines += [
                {"customer_id": f"c{customer:04}", "sku": sku, "placed_at": placed_at} for sku in sorted(set(bought))
            ]
            part = part + 1
            day -= int(draw.integers(12, 17))
    return lines


def collectors_folder(folder: Path, customers: int) -> Path:
    """Write the orders of so many collectors as canonical tables."""
    folder.mkdir()
    lines = [
        {**line, "order_id": f"{line['customer_id']}-{line['placed_at']:%Y%m%d}"} for line in collectors(customers)
    ]
    orders = {line["order_id"]: (line["customer_id"], line["placed_at"]) for line in lines}
    order_rows = [
        {
            "order_id": order_id,
            "customer_id": customer_id,
            "placed_at": placed_at,
            "currency": "GBP",
            "total_cents": 3000,
            "financial_status": "paid",
        }
        for order_id, (customer_id, placed_at) in orders.items()
    ]
    line_rows = [
        {
            "order_line_id": f"l{number}",
            "order_id": line["order_id"],
            "sku": line["sku"],
            "qty": 1,
            "unit_price_cents": 1000,
        }
        for number, line in enumerate(lines)
    ]
    pq.write_table(pa.Table.from_pylist(order_rows), folder / "orders.parquet")
    pq.write_table(pa.Table.from_pylist(line_rows), folder / "order_lines.parquet")
    return folder
