"""The benchmark of the diagnosis on a few worlds, and what its committed results claim."""

import json
from pathlib import Path

from benchmarks.diagnosis import measure

ROOT = Path(__file__).parents[2]


def test_the_planted_problem_is_found_in_a_few_worlds() -> None:
    """One world for each problem: where money decides, the costliest comes first."""
    figures = measure(6)

    assert figures["apart"] >= 4
    assert figures["apart_and_right"] == figures["apart"]


def test_the_committed_results_are_those_of_this_benchmark() -> None:
    """Over 100 worlds at least 95 % of those whose intervals lie apart are right."""
    committed = json.loads((ROOT / "benchmarks" / "results" / "diagnosis.json").read_text(encoding="utf-8"))

    assert committed["worlds"] >= 100
    assert committed["apart_and_right"] >= 0.95 * committed["apart"]
    assert committed["apart"] >= 50
    assert committed["wrong"] == [] or committed["apart"] - committed["apart_and_right"] == len(committed["wrong"])
