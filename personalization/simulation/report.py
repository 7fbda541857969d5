"""What a simulated world holds, read from its tables: rows, planted exceptions, and how the shop does."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from personalization.simulation.frames import sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """How many exceptions of a name there are, and the share of the orders, or of the customers, that have one."""

    count: int
    share: float
    of: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldReport:
    """What was written: rows of each table, exceptions by name, and figures of the shop by their name.

    last_night is the last night that is fully known.
    """

    data: Path
    last_night: datetime
    rows: dict[str, int]
    exceptions: dict[str, Planted]
    figures: dict[str, float]

    def as_content(self) -> dict[str, Any]:
        """Return the report as JSON's types."""
        return {
            "data": str(self.data),
            "last_night": self.last_night.date().isoformat(),
            "rows": self.rows,
            "exceptions": {name: asdict(planted) for name, planted in self.exceptions.items()},
            "figures": self.figures,
        }

    def as_text(self) -> str:
        """Return the report as tables in plain text."""
        lines = [f"{name:<44}{count:>12,} rows" for name, count in self.rows.items()]
        lines += [""] if self.exceptions else []
        lines += [
            f"exception {name:<34}{planted.count:>12,} {planted.share:>9.2%} of {planted.of}"
            for name, planted in self.exceptions.items()
        ]
        lines.append("")
        lines += [f"{name:<44}{value:>15,.2f}" for name, value in self.figures.items()]
        return "\n".join(lines)


def measure_world(data: Path, *, rows: dict[str, int], until: datetime) -> WorldReport:
    """Return the report of the world in the folder *data* that ends at *until*."""
    with duckdb.connect(":memory:", config={"threads": 2, "memory_limit": "1400MB"}) as connection:
        for name in ("orders", "shipments", "tickets", "returns", "truth/exceptions"):
            if (data / f"{name}.parquet").exists():
                quoted = str(data / f"{name}.parquet").replace("'", "''")
                connection.execute(f"CREATE VIEW {name.split('/')[-1]} AS FROM read_parquet('{quoted}')")
        exceptions = {}
        if "truth/exceptions" in rows:
            for name, count, orders, customers in connection.execute(sql("world_exceptions")).fetchall():
                of = "orders" if orders else "customers"
                share = (orders or customers) / max(rows[of], 1)
                exceptions[str(name)] = Planted(count=int(count), share=round(share, 6), of=of)
        figures = connection.execute(sql("world_figures"), {"until": until}).fetchall()
    return WorldReport(
        data=data,
        last_night=until - timedelta(days=1),
        rows=rows,
        exceptions=exceptions,
        figures={str(name): round(float(value), 4) for name, value in figures if value is not None},
    )
