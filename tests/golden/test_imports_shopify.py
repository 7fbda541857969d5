"""Shopify's traps: its exports as they really look, and the rows that must come of them."""

import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from personalization.errors import BadInput
from personalization.sources.importing.importer import Asked, import_files
from personalization.sources.systems import SYSTEMS
from personalization.sources.systems.shopify.bulk import FIELDS
from tests.lib.exports_of_shops import NOW, rows_of

_TRAPS = Path(__file__).parent / "imports" / "shopify"


@pytest.mark.parametrize("trap", sorted(folder.name for folder in _TRAPS.iterdir()))
def test_a_trap_of_shopify(trap: str, tmp_path: Path) -> None:
    """Each trap's files give exactly the rows, the quarantine and the absent tables beside them."""
    expected = json.loads((_TRAPS / trap / "expected.json").read_text(encoding="utf-8"))

    assert found_in(_TRAPS / trap, expected, tmp_path) == expected


def test_json_of_another_system_is_refused(tmp_path: Path) -> None:
    """A tracker's page has ids too, but none of Shopify's; the error says which file Shopify's would be."""
    page = tmp_path / "trackings.json"
    page.write_text('{"id": "5b74f4958776db0e00b6f5ed", "tracking_number": "1Z999"}\n', encoding="utf-8")
    asked = Asked(system=SYSTEMS["shopify"], files=[page], out=tmp_path / "out", now=NOW)

    with pytest.raises(BadInput, match="no line with an id such as gid://shopify/Order/1001"):
        import_files(asked, SYSTEMS)


def test_the_documented_queries_ask_for_all_that_is_read() -> None:
    """Every field that the adapter reads of a node stands in the documentation, so that a bulk query brings it."""
    page = (Path(__file__).parents[2] / "docs" / "import-shopify.md").read_text(encoding="utf-8")
    known = set(re.findall(r"\w+", page))
    read = {part for fields in FIELDS.values() for path in fields.values() for part in re.findall(r"[A-Za-z]\w*", path)}

    assert read - known == set()


def found_in(trap: Path, expected: dict[str, Any], out: Path) -> dict[str, Any]:
    """Import the trap's files, exported at nine, and return what is asked for as expected."""
    files = sorted(path for path in trap.iterdir() if path.name != "expected.json")
    shop = {"region": "GB", "currency": "GBP", "max_bad_share": 1.0}
    asked = Asked(system=SYSTEMS["shopify"], files=files, out=out, now=NOW, exported_at=NOW, **shop)
    report = import_files(asked, SYSTEMS)
    for one in report.files:
        assert one.imported.rows == one.imported.kept + one.imported.quarantined
    quarantined = pq.read_table(out / "imported" / "quarantine.parquet", columns=["file", "row", "column", "reason"])
    found: dict[str, Any] = {
        "rows": {table: _rows(out, table, list(rows[0])) for table, rows in expected["rows"].items()},
        "quarantine": quarantined.to_pylist(),
        "unknown": sum(sum(one.imported.unknown_words.values()) for one in report.files),
        "absent": [name for name in expected.get("absent", []) if not (out / f"{name}.parquet").exists()],
    }
    return {key: value for key, value in found.items() if value}


def _rows(out: Path, table: str, columns: list[str]) -> list[dict[str, Any]]:
    cells = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in columns)
    return [dict(zip(columns, row, strict=True)) for row in rows_of(out, table, cells)]
