"""What shops' own files are like: small ones with their mappings, and what they must become."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from personalization.sources.importing.gathering import gathered
from personalization.sources.importing.importer import Asked, import_files
from personalization.sources.importing.mapping import read_mapping
from personalization.sources.systems import SYSTEMS
from personalization.sources.systems.generic import system_of_mapping

_TRAPS = sorted(path for path in (Path(__file__).parent / "imports" / "generic").iterdir() if path.is_dir())
_BESIDE = ("expected.json", "map.toml")


@pytest.mark.parametrize("trap", _TRAPS, ids=lambda path: path.name)
def test_a_shops_own_file_becomes_what_is_expected(trap: Path, tmp_path: Path) -> None:
    """The files of a trap, with its mapping, give the expected rows and quarantine what is expected."""
    expected = json.loads((trap / "expected.json").read_text(encoding="utf-8"))
    mapping = read_mapping(trap / "map.toml")
    system = system_of_mapping(mapping)
    files = sorted(path for path in trap.iterdir() if path.name not in _BESIDE)

    with gathered(mapping, system, files, out=tmp_path) as gathered_files:
        asked = Asked(
            system=system,
            files=gathered_files,
            out=tmp_path,
            now=datetime(2026, 3, 1, 9),
            region="DE",
            currency="EUR",
            max_bad_share=1.0,
        )
        report = import_files(asked, SYSTEMS)

    assert all(one.imported.rows == one.imported.kept + one.imported.quarantined for one in report.files)
    for table, rows in expected["tables"].items():
        assert _rows(tmp_path / f"{table}.parquet", list(rows[0])) == rows
    quarantined = pq.read_table(tmp_path / "imported" / "quarantine.parquet", columns=["row", "column", "reason"])
    assert quarantined.to_pylist() == expected.get("quarantine", [])


def _rows(path: Path, columns: list[str]) -> list[dict[str, Any]]:
    cells = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in columns)
    found = duckdb.sql(f"SELECT {cells} FROM (FROM read_parquet('{path}'))").fetchall()
    return [dict(zip(columns, row, strict=True)) for row in found]
