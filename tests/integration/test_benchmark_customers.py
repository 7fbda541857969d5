"""The benchmark of customer models on a small made-up shop, and what its committed results claim."""

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from benchmarks import customers

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"


def test_a_small_shop(tmp_path: Path) -> None:
    """Where customers differ in how often they order, the models order them better than chance, and baselines run."""
    draws = np.random.default_rng(1)
    lines = []
    for customer in range(1, 601):
        day, gap = int(draws.integers(0, 84)), float(draws.gamma(1.0, 60.0)) + 5
        while day < 546:
            stamp = date(1997, 1, 1) + timedelta(days=day)
            lines.append(f" {customer:05d} {stamp:%Y%m%d}  1   10.00")
            day += max(1, int(draws.exponential(gap)))
            if draws.random() < 0.2:
                break
    path = tmp_path / "cdnow.txt"
    path.write_text(" customer_id  date number_of_cds  dollar_value\n" + "\n".join(lines), encoding="utf-8")
    models = customers.measure_cdnow(path)["models"]

    assert models.keys() == {"own_rate", "bg_nbd", "product_mbg_nbd"}
    assert models["product_mbg_nbd"]["auc"] > 0.65
    assert models["product_mbg_nbd"]["rmse"] < models["own_rate"]["rmse"]


def test_what_is_not_there_is_skipped() -> None:
    """Without the files the benchmark says so."""
    assert set(customers.figures(None, []).values()) == {"skipped: no file", "skipped: no files"}


@pytest.mark.skipif(not (SHARED / "cdnow.txt").exists(), reason="the CDNOW data are not here")
def test_the_committed_figures_of_cdnow() -> None:
    """The committed results are those of this code."""
    committed = json.loads((ROOT / "benchmarks" / "results" / "customers.json").read_text(encoding="utf-8"))
    found = customers.measure_cdnow(SHARED / "cdnow.txt")

    for name, figures in found["models"].items():
        assert figures == pytest.approx(committed["cdnow"]["models"][name], abs=2e-3)
