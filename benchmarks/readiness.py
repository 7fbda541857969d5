"""How long do the journey and the readiness checks take on a large shop, and how much memory?

    python benchmarks/readiness.py [--lines 20000000] > benchmarks/results/readiness.json

Writes two years of a made-up shop as Parquet: for 20 million order lines 8 million orders, 10 million scans, a million
tickets, and parcels, returns, refunds, claims and messages in proportion. Then, in a process of its own so that its
memory can be told apart, the journey is built and readiness is checked for tonight and the two nights before. The
baseline is DuckDB reading every column of the same files once, in the same process.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from personalization import journey, readiness
from personalization.contracts import TABLES
from personalization.readiness import CHECKS
from personalization.records import AsOf
from personalization.settings import Program
from personalization.warehouse import Warehouse

RUN_DATE = date(2025, 12, 31)
LINES, MEMORY = 20_000_000, "2500MB"
LINES_AN_ORDER, SCANS_A_PARCEL = 2.5, 4
_MINUTES = 730 * 24 * 60

# Each table from numbers 0 to $n; an order's moment follows from its number, the newest first.
_ORDERS = """SELECT 'o' || n AS order_id, 'c' || hash(n) % ($n // 3 + 1) AS customer_id,
    TIMESTAMP '2025-12-31 23:59:00' - to_minutes(CAST(n * {minutes} // $n AS INTEGER)) AS placed_at, 'GBP' AS currency,
    5000 AS total_cents, 'paid' AS financial_status, placed_at + INTERVAL '1 minute' AS received_at
FROM range($n) AS numbers(n)"""
_TABLES = {
    "orders": ("orders", _ORDERS),
    "order_lines": (
        "lines",
        """SELECT 'l' || n AS order_line_id, 'o' || n * 2 // 5 AS order_id, 's' || hash(n) % 20000 AS sku, 1 AS qty,
            2000 AS unit_price_cents FROM range($n) AS numbers(n)""",
    ),
    "products": (
        "skus",
        """SELECT 's' || n AS sku, 'Thing ' || n AS title, 'category ' || n % 40 AS category, 'durable' AS product_type,
            2000 AS price_cents, 'GBP' AS currency, 'active' AS status FROM range($n) AS numbers(n)""",
    ),
    "shipments": (
        "parcels",
        """SELECT 'p' || n AS shipment_id, order_id, 'T' || n AS tracking_no, 'carrier ' || hash(n) % 5 AS carrier,
            'standard' AS service, placed_at + INTERVAL '1 day' AS shipped_at,
            'region ' || hash(order_id) % 12 AS dest_region,
            CAST(placed_at AS DATE) + 5 AS promised_by_on, 'delivered' AS status,
            placed_at + INTERVAL '3 days' + to_hours(CAST(hash(n) % 60 AS INTEGER)) AS delivered_at,
            placed_at + INTERVAL '1 day' AS received_at
        FROM orders JOIN (SELECT CAST(n * 16 // 5 AS BIGINT) AS place, n FROM range($n) AS numbers(n)) AS chosen
        ON orders.order_id = 'o' || place""",
    ),
    "shipment_lines": (
        "parcels",
        """SELECT shipment_id, order_line_id, qty FROM shipments INNER JOIN order_lines USING (order_id)""",
    ),
    "tracking_events": (
        "scans",
        """SELECT 'e' || n AS event_id, shipment_id,
            ['label_created', 'in_transit', 'out_for_delivery', 'delivered'][n % 4 + 1] AS status,
            CASE
                WHEN n % 4 = 3 THEN delivered_at
                ELSE shipped_at + to_hours(CAST(n % 4 * 12 AS INTEGER))
            END AS occurred_at,
            occurred_at + INTERVAL '2 hours' AS received_at, 'feed' AS source
        FROM shipments JOIN (SELECT n, 'p' || n // 4 AS parcel FROM range($n) AS numbers(n)) AS chosen
        ON shipments.shipment_id = parcel""",
    ),
    "tickets": (
        "tickets",
        """SELECT 't' || n AS ticket_id, order_id, customer_id, 'email' AS channel, 'closed' AS status,
            ['wismo', 'return', 'other', 'product_question', 'refund', 'damaged'][n % 6 + 1] AS reason,
            placed_at + INTERVAL '2 days' AS created_at, created_at + INTERVAL '1 hour' AS first_reply_at,
            created_at + INTERVAL '9 hours' AS resolved_at, 0 AS reopens, created_at AS received_at
        FROM orders JOIN (SELECT n, 'o' || n * 8 AS chosen_id FROM range($n) AS numbers(n)) AS chosen
        ON orders.order_id = chosen_id""",
    ),
    "returns": (
        "returns",
        """SELECT 'r' || n AS return_id, order_id, 'closed' AS state, placed_at + INTERVAL '9 days' AS requested_at,
            placed_at + INTERVAL '10 days' AS approved_at, placed_at + INTERVAL '19 days' AS closed_at,
            'refund' AS outcome
        FROM orders JOIN (SELECT n, 'o' || n * 10 AS chosen_id FROM range($n) AS numbers(n)) AS chosen
        ON orders.order_id = chosen_id""",
    ),
    "return_lines": (
        "returns",
        """SELECT 'r' || n AS return_id, 'l' || n * 25 AS order_line_id, 1 AS qty, 'size_fit' AS reason
        FROM range($n) AS numbers(n)""",
    ),
    "refunds": (
        "returns",
        """SELECT 'f' || return_id AS refund_id, order_id, 2000 AS amount_cents,
            approved_at + INTERVAL '8 days' AS refunded_at, refunded_at AS received_at FROM returns""",
    ),
    "messages": (
        "orders",
        """SELECT 'm' || order_id AS message_id, customer_id, order_id, 'tracking' AS source, 'service' AS class,
            'email' AS channel, placed_at + INTERVAL '1 day' AS sent_at, 'delivered' AS status FROM orders""",
    ),
}


def write_shop(folder: Path, *, lines: int) -> dict[str, int]:
    """Write the shop's tables into *folder* and return their rows."""
    orders = int(lines / LINES_AN_ORDER)
    scans = lines // 2
    sizes = {
        "lines": lines,
        "orders": orders,
        "skus": 20_000,
        "scans": scans,
        "parcels": scans // SCANS_A_PARCEL,
        "tickets": lines // 20,
        "returns": orders // 10,
    }
    rows = {}
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        connection.execute(f"SET temp_directory = '{folder / 'spill'}'")
        for name, (size, select) in _TABLES.items():
            path = folder / f"{name}.parquet"
            made = select.replace("{minutes}", str(_MINUTES)).replace("$n", str(sizes[size]))
            connection.execute(f"COPY ({made}) TO '{path}' (FORMAT parquet)")
            connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{path}')")
            rows[name] = connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0]  # noqa: S608 - a constant
    return rows


def measure(folder: Path) -> dict[str, Any]:
    """Return the seconds of reading the files, of the journey and of readiness, and the most memory that was used."""
    cutoff = AsOf(run_date=RUN_DATE, timezone="UTC").cutoff
    with Warehouse(memory_limit=MEMORY, spill=folder / "spill") as warehouse:
        started = time.perf_counter()
        for path in sorted(folder.glob("*.parquet")):
            columns = ", ".join(f'bit_xor(hash("{name}"))' for name in _columns(warehouse, path))
            warehouse.connection.execute(f"SELECT {columns} FROM read_parquet('{path}')").fetchall()  # noqa: S608
        read = time.perf_counter() - started
        _complete(warehouse, folder)
        started = time.perf_counter()
        found = readiness.check_readiness(
            warehouse,
            run_date=RUN_DATE,
            cutoff=cutoff,
            present=frozenset(TABLES),
            rules=readiness.Rules(programs={"cross_sell": _program()}),
        )
        checked = time.perf_counter() - started
        started = time.perf_counter()
        journey.build_journey(warehouse, cutoff=cutoff)
        built = time.perf_counter() - started
    return {
        "checks": len(CHECKS),
        "verdicts": found.table.num_rows,
        "reading_seconds": round(read, 1),
        "readiness_seconds": round(checked, 1),
        "journey_seconds": round(built, 1),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _program() -> Program:
    return Program(owner="x", metric="y", recurrence="nightly", requires=tuple(CHECKS))


def _columns(warehouse: Warehouse, path: Path) -> list[str]:
    described = warehouse.connection.execute(f"DESCRIBE FROM read_parquet('{path}')").fetchall()
    return [row[0] for row in described]


def _complete(warehouse: Warehouse, folder: Path) -> None:
    """Make every canonical table readable; columns that the shop lacks are null, tables that it lacks are empty."""
    warehouse.load_canonical(Path("nowhere"))
    for path in sorted(folder.glob("*.parquet")):
        have = set(_columns(warehouse, path))
        missing = [column for column in TABLES[path.stem].columns if column.name not in have]
        nulls = "".join(f', CAST(NULL AS {column.kind}) AS "{column.name}"' for column in missing)
        warehouse.connection.execute(f'DROP TABLE IF EXISTS "{path.stem}"')
        warehouse.connection.execute(
            f"CREATE OR REPLACE VIEW \"{path.stem}\" AS SELECT *{nulls} FROM read_parquet('{path}')"  # noqa: S608
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(measure(asked.measure)))
    else:
        with tempfile.TemporaryDirectory(prefix="postlude-") as made:
            shop = Path(made)
            counts = write_shop(shop, lines=asked.lines)
            command = [sys.executable, __file__, "--measure", str(shop)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            print(json.dumps({"rows": counts, **json.loads(done.stdout)}, indent=2))
