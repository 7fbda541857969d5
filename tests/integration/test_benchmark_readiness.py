"""The benchmarks of readiness on small input, and what their committed results claim."""

import json
from pathlib import Path
from typing import Any

from benchmarks import gates, readiness

ROOT = Path(__file__).parents[2]


def committed(name: str) -> dict[str, Any]:
    """Return the committed results of a benchmark."""
    found: dict[str, Any] = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def test_a_fault_closes_the_gate_and_its_end_opens_it() -> None:
    """Two versions of a policy hold on the very night, and no longer three clean nights after their end."""
    (fault,) = (fault for fault in gates.FAULTS if fault.name == "policy contradiction")
    figures = gates.measure(1, customers=300, faults=[fault])
    (found,) = figures["faults"]

    assert found["closes_after_nights"] == {"least": 0, "median": 0, "most": 0}
    assert found["opens_after_its_end_nights"] == {"least": 2, "median": 2, "most": 2}
    assert found["shops_in_which_a_gate_flapped"] == 0
    assert found.keys() == committed("gates")["faults"][0].keys()
    assert figures.keys() | {"seconds"} == committed("gates").keys()


def test_the_committed_faults_were_all_seen() -> None:
    """Over 20 shops every fault closes its gate within nine nights, no gate flaps, and few are held for nothing."""
    figures = committed("gates")

    assert figures["seeds"] >= 20
    assert [found["fault"] for found in figures["faults"]] == [fault.name for fault in gates.FAULTS]
    for found in figures["faults"]:
        assert found["closed_in_shops"] == figures["seeds"]
        assert found["closes_after_nights"]["most"] <= 8
        assert found["shops_in_which_a_gate_flapped"] == 0
        assert found["orders_held_for_nothing_share"] <= 0.05
    assert figures["without_fault"]["nights_whole_program_held_share"] <= 0.02


def test_a_small_shop_in_the_benchmark_of_speed(tmp_path: Path) -> None:
    """Twenty thousand lines give the figures that the committed results have."""
    rows = readiness.write_shop(tmp_path, lines=20_000)
    figures = readiness.measure(tmp_path)
    large = committed("readiness")

    assert {"rows": rows, **figures}.keys() == large.keys()
    assert rows.keys() == large["rows"].keys()
    assert (rows["order_lines"], rows["tracking_events"], rows["tickets"]) == (20_000, 10_000, 1_000)
    assert (large["rows"]["order_lines"], large["rows"]["tickets"]) == (20_000_000, 1_000_000)
    assert figures["verdicts"] > 45
