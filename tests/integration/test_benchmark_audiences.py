"""The benchmark of decisions on a small shop, and what its committed results claim."""

import json
from pathlib import Path

from benchmarks import audiences
from personalization.audiences.fields import SUBJECTS

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "audiences.json"


def test_a_small_shop_copied() -> None:
    """Copies of customers are customers of their own: each copy has the same number of people to decide about."""
    found = audiences.measure(400, 3)

    assert found["customers"] == 1_200
    assert found["orders"] % 3 == 0
    assert found["considered"] % 3 == 0
    assert found["considered"] > 30
    assert found["peak_mib"] > 0


def test_committed_results() -> None:
    """A million customers and every program were decided about in less than a minute and 4 GB."""
    found = json.loads(RESULTS.read_text(encoding="utf-8"))

    assert found["programs"] == len(SUBJECTS) == 10
    assert found["customers"] == 1_000_000
    assert found["seconds"] < 60
    assert found["peak_mib"] < 4_000
