"""The benchmark of decisions on a small shop, and what its committed results claim."""

import json
from pathlib import Path

import pytest

from benchmarks import audiences

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "audiences.json"


@pytest.mark.slow
def test_a_small_shop_copied() -> None:
    """Copies of customers are customers of their own: three times as many are decided about as about one copy."""
    one, three = (audiences.measure(400, copies) for copies in (1, 3))

    assert one["considered"] > 10
    assert three["customers"] == 1_200
    assert three["orders"] == 3 * one["orders"]
    assert three["considered"] == 3 * one["considered"]


def test_committed_results() -> None:
    """A million customers were decided about in less than a minute and 4 GB."""
    found = json.loads(RESULTS.read_text(encoding="utf-8"))

    assert found["customers"] == 1_000_000
    assert found["seconds"] < 60
    assert found["peak_mib"] < 4_000
