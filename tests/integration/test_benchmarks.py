"""Each benchmark runs on small input and prints the figures that its committed results have."""

import json
from pathlib import Path

import duckdb

from benchmarks import simulate
from benchmarks.nightly import measure

ROOT = Path(__file__).parents[2]


def test_one_night(tmp_path: Path) -> None:
    """The benchmark of one night, on a tenth of the sample and without Airflow."""
    small = []
    for path in sorted((ROOT / "demo").glob("*.parquet")):
        names = duckdb.sql(f"SELECT * FROM '{path}' LIMIT 0").columns
        customer = "Customer ID" if "Customer ID" in names else "CustomerID"
        small.append(tmp_path / path.name)
        duckdb.sql(f"""COPY (SELECT * FROM '{path}' WHERE "{customer}" % 10 = 0) TO '{small[-1]}' (FORMAT parquet)""")
    figures = measure(small, with_airflow=False)
    committed = json.loads((ROOT / "benchmarks" / "results" / "nightly.json").read_text())

    assert figures["nightly"].keys() == committed["nightly"].keys()
    assert figures["nightly"]["seconds_by_stage"].keys() == committed["nightly"]["seconds_by_stage"].keys()
    assert 0 < figures["baseline_pandas_read"]["peak_mib"] < figures["nightly"]["peak_mib"]


def test_a_simulated_world() -> None:
    """The benchmark of a simulated world, on 300 customers in two parts; the committed one kept its bounds."""
    figures = simulate.measure(customers=300, days=60, part_people=500)
    committed = json.loads((ROOT / "benchmarks" / "results" / "simulate.json").read_text())

    assert figures["simulate"].keys() == committed["simulate"].keys()
    assert figures["baseline_copy"].keys() == committed["baseline_copy"].keys()
    assert figures["simulate"]["rows"] == figures["baseline_copy"]["rows"]
    assert figures["simulate"]["parts"] == 2
    assert (committed["customers"], committed["days"]) == (1_000_000, 730)
    assert committed["simulate"]["cpu_seconds"] / committed["cores"] < 300
    assert committed["simulate"]["peak_mib"] < 4096
