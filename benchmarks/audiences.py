"""How long does it take to decide about a million customers, and with how much memory?

    python benchmarks/audiences.py [--customers 50000] [--copies 20] > benchmarks/results/audiences.json

A simulated shop is looked at on one night: snapshot, journey and scores. Then it is copied, every id and address with
the copy's number, to as many customers as wanted, with the one catalogue; and a process of its own decides about all
of them. Its seconds and its peak memory are those of ``build_decisions`` alone, with reading the Parquet files. Beside
it stands the time in which the same process counts the same decisions by program and verdict, by DuckDB alone: what the
machine needs to look at each once. Ratios to it compare machines.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.harm import open_gates
from personalization import audiences, journey, scoring
from personalization.contracts import TABLES
from personalization.records import AsOf
from personalization.settings import Shop, load_shop
from personalization.simulation.simulate import BEGIN, Wish, simulate_world
from personalization.sources.folder import take_snapshot
from personalization.store.files import write_parquet
from personalization.warehouse import Warehouse

ROOT = Path(__file__).resolve().parents[1]
CUSTOMERS, COPIES, DAYS = 50_000, 20, 450
NIGHT = (BEGIN + timedelta(days=DAYS - 1)).date()
SCORES = ("candidates", "replenishment", "customers_scores")
_COPIED = frozenset({"merged_into", "email", "subject_id"})  # beside every column that ends in _id
_SHARED = frozenset({"products", "inventory", "policies", "touchpoints", "coupons", "arrivals"})  # of the whole shop


def measure(customers: int, copies: int, *, memory_limit: str = "3GB") -> dict[str, Any]:
    """Return seconds, peak memory and counts of deciding about *customers* times *copies* customers."""
    with tempfile.TemporaryDirectory(prefix="postlude-") as folder:
        _prepare(Path(folder), customers, copies)
        command = [sys.executable, __file__, "--decide", folder, "--memory-limit", memory_limit]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return {"customers": customers * copies, "programs": len(_shop().programs), "memory_limit": memory_limit, **found}


def _shop() -> Shop:
    return load_shop(ROOT / "shop.toml").model_copy(update={"timezone": "UTC"})


def _cutoff(night: date) -> Any:
    return AsOf(run_date=night, timezone="UTC").cutoff


def _prepare(folder: Path, customers: int, copies: int) -> None:
    """Write the tables that deciding reads into *folder*, each customer as often as there are copies."""
    world, snapshot, shop = folder / "world", folder / "snapshot", _shop()
    simulate_world(Wish(customers=customers, seed=1, days=DAYS, out=world))
    ended = BEGIN + timedelta(days=DAYS)
    take_snapshot(data=world, out=snapshot, cutoff=_cutoff(NIGHT), now=ended, max_bad_share=shop.imports.max_bad_share)
    with Warehouse(spill=folder / "spill") as warehouse:
        warehouse.load_canonical(snapshot)
        journey.build_journey(warehouse, cutoff=_cutoff(NIGHT), timezone=shop.timezone)
        scores = scoring.score(warehouse, run_date=NIGHT, cutoff=_cutoff(NIGHT))
        for name, table in zip(SCORES, (scores.candidates, scores.replenishment, scores.customers), strict=True):
            warehouse.load_arrow(name, table)
        for name in (*TABLES, *(file.table for file in journey.JOURNEY_FILES), *SCORES):
            _copy(warehouse, name, folder / f"{name}.parquet", copies)


def _copy(warehouse: Warehouse, name: str, path: Path, copies: int) -> None:
    columns = [row[0] for row in warehouse.connection.execute(f'DESCRIBE "{name}"').fetchall()]
    copied = [one for one in columns if name not in _SHARED and (one.endswith("_id") or one in _COPIED)]
    cells = ", ".join(f"copy || '-' || \"{one}\"" if one in copied else f'"{one}"' for one in columns)
    names = ", ".join(f'"{one}"' for one in columns)
    warehouse.connection.execute(
        f"CREATE OR REPLACE TEMP VIEW copied({names}) AS "  # noqa: S608 - names of ours
        f'SELECT {cells} FROM "{name}" CROSS JOIN range({copies if copied else 1}) AS copies(copy)'
    )
    warehouse.connection.execute(f"COPY copied TO '{path}' (FORMAT parquet)")


def _decide(folder: Path, memory_limit: str) -> dict[str, Any]:
    shop = _shop()
    segments = audiences.load_segments(ROOT / "segments", shop.programs)
    with Warehouse(spill=folder / "spill", memory_limit=memory_limit) as warehouse:
        warehouse.load_canonical(folder)
        for name in (*(file.table for file in journey.JOURNEY_FILES), *SCORES):
            warehouse.load_parquet(name, folder / f"{name}.parquet")
        began = time.perf_counter()
        found = audiences.build_decisions(
            warehouse,
            run_date=NIGHT,
            cutoff=_cutoff(NIGHT),
            shop=shop,
            segments=segments,
            readiness=open_gates(shop),
        )
        seconds = time.perf_counter() - began
    write_parquet(folder / "decisions.parquet", found.decisions)
    began = time.perf_counter()
    with Warehouse() as warehouse:
        warehouse.load_parquet("decisions", folder / "decisions.parquet")
        warehouse.connection.execute("SELECT program, verdict, count(facts) FROM decisions GROUP BY ALL").fetchall()
    counted = time.perf_counter() - began
    return {
        "seconds": round(seconds, 1),
        "baseline_count_seconds": round(counted, 2),
        "times_baseline": round(seconds / counted, 1),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "considered": found.decisions.num_rows,
        "orders": pq.read_metadata(folder / "orders.parquet").num_rows,
        "messages_of_all_tools": pq.read_metadata(folder / "messages.parquet").num_rows,
        "funnel": {program: dict(verdicts) for program, verdicts in found.funnel.items()},
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--copies", type=int, default=COPIES)
    parser.add_argument("--memory-limit", default="3GB")
    parser.add_argument("--decide", type=Path, help="the folder of a measurement that is under way")
    asked = parser.parse_args(arguments)
    found = (
        _decide(asked.decide, asked.memory_limit)
        if asked.decide
        else measure(asked.customers, asked.copies, memory_limit=asked.memory_limit)
    )
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
