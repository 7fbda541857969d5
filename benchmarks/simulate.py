"""A simulated world of a million customers and two years: seconds, rows and peak memory.

    python benchmarks/simulate.py [--customers 1000000] [--days 730] > benchmarks/results/simulate.json

Peak memory is that of all processes together: their proportional set sizes, looked at twice a second. Machines are
shared, so the figures come with the processor time of all processes, which says how long two free cores would take, and
with a baseline from the same run: copying the world's Parquet files once with Arrow, decoded and encoded again.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SIMULATE = """
import json, sys, time
from pathlib import Path
started = time.perf_counter()
from personalization.simulation.simulate import Wish, simulate_world
out, customers, days, people = Path(sys.argv[1]), *map(int, sys.argv[2:])
steps = []
wish = Wish(customers=customers, seed=20240101, days=days, out=out, part_people=people)
report = simulate_world(wish, on_step=lambda step: steps.append(time.perf_counter()))
ended = time.perf_counter()
print(json.dumps({
    "seconds": round(ended - started, 1),
    "seconds_by_step": {"parts": round(steps[-1] - started, 1), "join_and_report": round(ended - steps[-1], 1)},
    "parts": len(steps) - 1,
    "rows": sum(report.rows.values()),
    "rows_by_table": report.rows,
    "figures": report.figures,
}))
"""
COPY = """
import json, sys, time
from pathlib import Path
import pyarrow.parquet as pq
started, rows = time.perf_counter(), 0
for path in sorted(Path(sys.argv[1]).rglob("*.parquet")):
    with pq.ParquetFile(path) as file, pq.ParquetWriter(sys.argv[2], file.schema_arrow, compression="zstd") as copy:
        for number in range(file.num_row_groups):
            copy.write_table(file.read_row_group(number))
        rows += file.metadata.num_rows
print(json.dumps({"seconds": round(time.perf_counter() - started, 1), "rows": rows}))
"""


def measure(*, customers: int, days: int, part_people: int) -> dict[str, Any]:
    """Return the figures of one world."""
    with tempfile.TemporaryDirectory() as folder:
        world, copy = Path(folder) / "world", Path(folder) / "copy.parquet"
        simulated = _run(SIMULATE, str(world), str(customers), str(days), str(part_people))
        simulated["mib_on_disk"] = sum(path.stat().st_size for path in world.rglob("*.parquet")) // 2**20
        baseline = _run(COPY, str(world), str(copy))
    return {
        "customers": customers,
        "days": days,
        "cores": os.cpu_count(),
        "simulate": simulated,
        "baseline_copy": baseline,
        "ratio_to_baseline": round(simulated["seconds"] / max(baseline["seconds"], 0.1), 1),
    }


def _run(program: str, *arguments: str) -> dict[str, Any]:
    """Run a program and return the figures it prints, with the peak memory of all its processes."""
    used, peak = _cpu_seconds(), 0
    with subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, cwd=ROOT) as started:
        while started.poll() is None:
            peak = max(peak, sum(_set_size(process) for process in _family(started.pid)))
            time.sleep(0.5)
        out = started.stdout.read() if started.stdout else b""
    if started.returncode:
        raise RuntimeError(f"the program ended with code {started.returncode}")
    figures: dict[str, Any] = json.loads(out.splitlines()[-1])
    return figures | {"peak_mib": peak // 1024, "cpu_seconds": round(_cpu_seconds() - used, 1)}


def _cpu_seconds() -> float:
    """Return the processor time of all processes that have ended since this one began."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _family(process: int) -> list[int]:
    """Return a process and all its descendants."""
    children = []
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children += [int(child) for child in listed.read_text().split()]
        except OSError:  # it ended just now
            continue
    return [process, *(one for child in children for one in _family(child))]


def _set_size(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # it ended just now
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def main() -> None:
    """Measure and print JSON."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--customers", type=int, default=1_000_000)
    arguments.add_argument("--days", type=int, default=730)
    arguments.add_argument("--part-people", type=int, default=40_000)
    given = arguments.parse_args()
    figures = measure(customers=given.customers, days=given.days, part_people=given.part_people)
    print(json.dumps(figures, indent=2, sort_keys=True))


if __name__ == "__main__":
    main()
