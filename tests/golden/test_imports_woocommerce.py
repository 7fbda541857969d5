"""WooCommerce's traps: small files as its REST API gives them, and what they must become."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from personalization.sources.importing.importer import Asked, import_files
from personalization.sources.systems import SYSTEMS

_TRAPS = sorted(path for path in (Path(__file__).parent / "imports" / "woocommerce").iterdir() if path.is_dir())


@pytest.mark.parametrize("trap", _TRAPS, ids=lambda path: path.name)
def test_a_trap_becomes_what_is_expected(trap: Path, tmp_path: Path) -> None:
    """The files of a trap give the expected rows, are counted as expected, and quarantine what is expected."""
    expected = json.loads((trap / "expected.json").read_text(encoding="utf-8"))
    files = sorted(path for path in trap.iterdir() if path.name != "expected.json")
    asked = Asked(
        system=SYSTEMS["woocommerce"],
        files=files,
        out=tmp_path,
        now=datetime(2026, 3, 1, 9),
        region="DE",
        currency="EUR",
        max_bad_share=1.0,
    )

    report = import_files(asked, SYSTEMS)

    counted = [
        {"file": one.imported.file, "rows": one.imported.rows, "kept": one.imported.kept}
        | {"quarantined": one.imported.quarantined}
        for one in report.files
    ]
    assert counted == expected.get("files", counted)
    assert all(one["quarantined"] == 0 for one in counted) or "quarantine" in expected
    for table, rows in expected["tables"].items():
        assert _rows(tmp_path / f"{table}.parquet", list(rows[0])) == rows
    for table in expected.get("absent", ()):
        assert not (tmp_path / f"{table}.parquet").exists()
    quarantined = pq.read_table(tmp_path / "imported" / "quarantine.parquet", columns=["row", "column", "reason"])
    assert quarantined.to_pylist() == expected.get("quarantine", [])


def _rows(path: Path, columns: list[str]) -> list[dict[str, Any]]:
    """Return rows as JSON writes them, a guest's id, which is a digest, as guest-?."""
    cells = ", ".join(
        f"CASE WHEN typeof({name}) IN ('TIMESTAMP', 'DATE') THEN to_json(CAST({name} AS VARCHAR))"
        f" ELSE to_json({name}) END AS {name}"
        for name in columns
    )
    found = duckdb.sql(f"SELECT {cells} FROM (FROM read_parquet('{path}'))").fetchall()
    return [
        {name: _plain(None if cell is None else json.loads(cell)) for name, cell in zip(columns, row, strict=True)}
        for row in found
    ]


def _plain(value: Any) -> Any:
    return "guest-?" if isinstance(value, str) and value.startswith("guest-") else value
