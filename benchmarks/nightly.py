"""One night on both full years of Online Retail II: seconds and peak memory of each stage, without and with Airflow.

    python benchmarks/nightly.py FILE… > benchmarks/results/nightly.json

FILE…: the full files of both years (the sample under demo/ works too). Machines are shared, so the figures come with a
baseline from the same run: reading the same data folder once into pandas.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# The kernel's own high-water mark; getrusage would also count what the parent had before the program was started.
PEAK = """
def peak_mib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))
"""
NIGHT = (
    PEAK
    + """
import json, sys, time
from pathlib import Path
started = time.perf_counter()
from personalization import pipeline
shop, data, runs = map(Path, sys.argv[1:4])
plan = pipeline.plan_night(shop_file=shop, data=data, runs=runs, run_date=None, now=None)
outcome = pipeline.run_night(plan)
print(json.dumps({
    "seconds": round(time.perf_counter() - started, 1),
    "seconds_by_stage": outcome["seconds"],
    "peak_mib": peak_mib(),
    "counts": outcome["counts"],
}))
"""
)
BASELINE = (
    PEAK
    + """
import json, sys, time
from pathlib import Path
import pandas as pd
started = time.perf_counter()
rows = sum(len(pd.read_parquet(path)) for path in sorted(Path(sys.argv[1]).glob("*.parquet")))
print(json.dumps({"seconds": round(time.perf_counter() - started, 1), "rows": rows,
                  "peak_mib": peak_mib()}))
"""
)


def measure(files: list[Path], *, with_airflow: bool = True) -> dict[str, Any]:
    """Return the figures of one night on *files*."""
    with tempfile.TemporaryDirectory() as folder:
        data, runs = Path(folder) / "data", Path(folder) / "runs"
        prepared = time.perf_counter()
        _prepare(files, data)
        prepared = time.perf_counter() - prepared
        shop = str(ROOT / "shop.toml")
        result = {
            "files": [path.name for path in files],
            "cores": os.cpu_count(),
            "prepare_seconds": round(prepared, 1),
            "baseline_pandas_read": _run(BASELINE, str(data)),
            "nightly": _run(NIGHT, shop, str(data), str(runs)),
        }
        if with_airflow:
            result["through_airflow"] = _airflow(
                data=data, runs=Path(folder) / "airflow-runs", home=Path(folder) / "home"
            )
            extra = result["through_airflow"]["dag_test_seconds"] - result["nightly"]["seconds"]
            result["airflow_adds_seconds"] = round(extra, 1)
        result["ratio_to_baseline"] = round(
            result["nightly"]["seconds"] / max(result["baseline_pandas_read"]["seconds"], 0.1), 1
        )
        return result


def _prepare(files: list[Path], data: Path) -> None:
    """Import the purchases and simulate the rest, up to the demo's night."""
    from personalization import preparation

    preparation.prepare_demo_shop(shop_file=ROOT / "shop.toml", out=data, purchases=files)


def _run(program: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True, cwd=ROOT
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _airflow(*, data: Path, runs: Path, home: Path) -> dict[str, Any]:
    """Run the same night through ``dag.test()`` and return its seconds, Airflow's own start told apart."""
    environment = {
        **os.environ,
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(ROOT / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "ERROR",
        "POSTLUDE_HOME": str(ROOT),
        "POSTLUDE_DATA": str(data),
        "POSTLUDE_RUNS": str(runs),
    }
    airflow = str(Path(sys.executable).parent / "airflow")
    subprocess.run([airflow, "db", "migrate"], env=environment, capture_output=True, check=True)
    program = PEAK + (
        "import sys, time; started = time.perf_counter(); sys.path.insert(0, 'dags')\n"
        "from airflow.dag_processing.dagbag import DagBag\n"
        "dag = DagBag(dag_folder='dags').dags['postlude_nightly']; loaded = time.perf_counter()\n"
        "run = dag.test(); ended = time.perf_counter()\n"
        "import json\n"
        "print(json.dumps({'state': str(run.state), 'load_seconds': round(loaded - started, 1),\n"
        "  'dag_test_seconds': round(ended - loaded, 1),\n"
        "  'peak_mib': peak_mib()}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True, cwd=ROOT
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if figures["state"] != "success":
        raise RuntimeError(f"the DAG run ended {figures['state']}")
    return figures


def main() -> None:
    """Measure and print JSON."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("files", nargs="+", type=Path)
    arguments.add_argument("--without-airflow", action="store_true")
    given = arguments.parse_args()
    print(json.dumps(measure(given.files, with_airflow=not given.without_airflow), indent=2, sort_keys=True))


if __name__ == "__main__":
    main()
