"""The benchmark of an import runs on small input and prints the figures that its committed results have."""

import json
from pathlib import Path

from benchmarks.importing import measure

ROOT = Path(__file__).parents[2]


def test_one_import(tmp_path: Path) -> None:
    """Some hundred orders, then a newer export of them, then the same file again; and two files with a long line."""
    figures = measure(lines=1_100, long_line_mib=16, folder=tmp_path)
    committed = json.loads((ROOT / "benchmarks" / "results" / "importing.json").read_text())
    first, newer, again = (figures[name] for name in ("first_import", "newer_export", "same_file_again"))

    assert figures.keys() == committed.keys()
    assert first.keys() == committed["first_import"].keys()
    assert first["tables"]["order_lines"] == figures["baseline_count_csv"]["rows"] == 1_100
    assert newer["tables"]["orders"] == again["tables"]["orders"] == first["tables"]["orders"] + 2
    assert again["seconds_by_step"] == {}  # what is known is not worked out again
    for name in ("one_line_csv", "one_line_json"):
        assert "is longer than 4,000,000 bytes" in figures[name]["refused"]
