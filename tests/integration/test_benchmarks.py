"""Each benchmark runs on small input and prints the figures that its committed results have."""

import json
from pathlib import Path

import duckdb

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
