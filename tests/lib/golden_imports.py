"""Runs a trap: a system's real-shaped files beside the rows that must come of them, in a shop of two customers."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.lib.exports_of_shops import NOW, bring_in, rows_of, shopify_customers, shopify_orders

GOLDEN = Path(__file__).parents[1] / "golden" / "imports"
EXPECTED = "expected.json"


def traps(system: str) -> list[str]:
    """Return the names of a system's traps."""
    return sorted(folder.name for folder in (GOLDEN / system).iterdir() if folder.is_dir())


def expected_of(system: str, trap: str) -> dict[str, Any]:
    """Return what must come of a trap: ``rows`` of tables, text column by text column, and ``classified``."""
    found: dict[str, Any] = json.loads((GOLDEN / system / trap / EXPECTED).read_text(encoding="utf-8"))
    return found


def found_in(system: str, trap: str, tmp_path: Path) -> dict[str, Any]:
    """Import the trap's files, one a night, beside a shop of two customers; return what was asked for as expected."""
    expected, out = expected_of(system, trap), tmp_path / "out"
    bring_in(out, "shopify", *_shop(tmp_path))
    classified: dict[str, int] = {}
    files = sorted(file for file in GOLDEN.joinpath(system, trap).iterdir() if file.name != EXPECTED)
    for night, file in enumerate(files):
        moment = NOW + timedelta(days=night)
        [one] = bring_in(out, system, file, now=moment, exported_at=moment).files
        classified = dict(one.imported.classified)
        assert one.imported.rows == one.imported.kept + one.imported.quarantined
    rows = {name: _rows(out, name, list(wanted[0])) for name, wanted in expected["rows"].items()}
    return {key: value for key, value in (("rows", rows), ("classified", classified)) if key in expected}


def _rows(out: Path, table: str, columns: list[str]) -> list[dict[str, Any]]:
    cells = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in columns)
    return [dict(zip(columns, row, strict=True)) for row in rows_of(out, table, cells)]


def _shop(tmp_path: Path) -> tuple[Path, Path]:
    """Write a shop's exports: Ann has order #1001, Bea, a German, order #1002; they tell of no consent."""
    created = datetime(2026, 2, 1, 10)
    return (
        shopify_customers(
            tmp_path / "customers.csv",
            {"Phone": "'+447700900001", "Accepts Email Marketing": ""},
            {
                "Customer ID": "'7002",
                "First Name": "Bea",
                "Last Name": "Kahn",
                "Email": "Bea@shop.example",
                "Accepts Email Marketing": "",
                "Phone": "'+4915550001002",
            },
        ),
        shopify_orders(
            tmp_path / "orders.csv",
            {},
            {"Name": "#1002", "Id": "5002", "Email": "bea@shop.example", "Created at": f"{created} +0000"},
        ),
    )
