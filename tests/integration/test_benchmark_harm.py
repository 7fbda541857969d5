"""Whom nights harm and whom they leave out for nothing, on small shops, and what the committed results claim."""

import json
from pathlib import Path

import pytest

from benchmarks import harm

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "harm.json"


@pytest.mark.slow
def test_small_shops() -> None:
    """Nobody is harmed who could be known to be, nobody is left out for nothing, and the usual flow harms many."""
    found = harm.measure(2, customers=3_000, nights=2, workers=1)

    assert found["ours"]["messages"] > 200
    assert found["ours"]["knowable_by_exception"] == {}
    assert found["left_out"]["eligible_by_truth"] > 400
    assert found["left_out"]["by_rule"] == {}
    assert found["usual_flow"]["harmful_knowable"] > 100
    assert len(found["usual_flow"]["knowable_by_exception"]) > 10


def test_committed_results() -> None:
    """On the large shops no harm could be known but two kinds, mended since, and below 0.1 % were left out."""
    found = json.loads(RESULTS.read_text(encoding="utf-8"))

    assert (found["seeds"], found["customers"]) == (20, 100_000)
    assert found["ours"]["knowable_by_exception"] == {"delivered_not_received": 4, "refunded": 9}
    assert found["left_out"]["wrongly_left_out_share"] < 0.001
    assert found["usual_flow"]["harmful_knowable_per_1000"] > 100
