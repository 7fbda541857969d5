"""The benchmarks of ranking and replenishment on small made-up shops, and what their committed results claim."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import next_basket, replenishment
from personalization.scoring import ranker
from tests.integration.test_training import collectors_folder

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"


def committed(name: str) -> Any:
    """Return the committed results of a benchmark."""
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def collectors(customers: int) -> next_basket.Purchases:
    """Return six baskets a customer: the next part of a series each, and one of ten popular things."""
    draws = np.random.default_rng(3)
    rows = []
    for customer in range(customers):
        series, part = draws.integers(0, 20), draws.integers(0, 8)
        for basket in range(6):
            rows += [(customer, basket, 10 + int(series) * 14 + int(part) + basket), (customer, basket, basket % 10)]
    customer, basket, product = np.array(rows, dtype=np.int64).T
    return next_basket.often_bought(customer=customer, moment=basket, product=product, day=basket * 7)


def test_the_next_part_of_a_series_is_found() -> None:
    """The ranker finds what no customer has bought yet; their own frequency cannot."""
    found = next_basket.measure(collectors(700), seed=0, trees={"max_iter": 40, "learning_rate": 0.2})
    models = found["models"]

    assert models["own_frequency"]["recall_new"] == 0
    assert models["product_ranker"]["recall_new"] > 0.8
    assert models["product_ranker"]["recall"] > models["tifuknn_tuned"]["recall"]
    assert found.keys() == committed("next_basket")["tafeng"]["seeds"][0].keys()
    assert models.keys() == committed("next_basket")["tafeng"]["means"].keys()


def test_the_committed_ranker_beats_every_baseline() -> None:
    """On both data sets, in all three folds, by recall and NDCG, over all products and over new ones."""
    for name in ("tafeng", "online_retail"):
        for run in committed("next_basket")[name]["seeds"]:
            learned = run["models"]["product_ranker"]
            for baseline in ("popularity", "own_frequency", "tifuknn_tuned"):
                for figure in ("recall", "ndcg", "recall_new", "ndcg_new"):
                    assert learned[figure] > run["models"][baseline][figure], (name, run["seed"], baseline, figure)


def test_a_steady_customer_is_foretold() -> None:
    """Some buy everything monthly, some fortnightly; the model knows it of each, the median of all of nobody."""
    draws = np.random.default_rng(5)
    rows = [
        (customer, product, int(start + number * (14 if customer % 2 else 30) + draws.integers(-2, 3)))
        for customer in range(60)
        for product, start in enumerate(draws.integers(0, 20, size=4))
        for number in range(5)
    ]
    customer, product, day = np.array(rows, dtype=np.int64).T
    models = replenishment.measure_dates(customer, product, day)["models"]

    assert models["product_renewal"]["median_error_days"] <= 3
    assert models["median_of_all"]["median_error_days"] >= 7
    assert models.keys() == committed("replenishment")["online_retail"]["dates"]["models"].keys()


def test_a_night_of_a_small_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All scores are judged on the same pairs, and have the figures that the committed results have."""
    monkeypatch.setitem(ranker.TREES, "max_iter", 30)
    data = collectors_folder(tmp_path / "data", 150)
    found = replenishment.measure_night(data, date(2011, 11, 1))
    night = committed("replenishment")["online_retail"]["fortnight"]["nights"][0]

    assert found.keys() == night.keys()
    assert found["models"].keys() == night["models"].keys()
    assert found["models"]["product_ranker"].keys() == night["models"]["product_ranker"].keys()


def test_the_committed_scores_beat_the_due_date() -> None:
    """On every night; and the renewal model errs by fewer days than the pair's own median gap."""
    results = committed("replenishment")["online_retail"]
    dates = results["dates"]["models"]

    for night in results["fortnight"]["nights"]:
        models = night["models"]
        for name in ("product_buy_probability", "product_ranker", "product_reorder"):
            assert models[name]["average_precision"] > models["near_median_due_date"]["average_precision"]
        assert models["product_buy_probability"]["ece"] <= 0.01
        if night["reorder_is_used"]:
            assert models["product_reorder"]["ece"] <= 0.01
            better = (
                models["product_reorder"]["average_precision"] - models["product_buy_probability"]["average_precision"]
            )
            assert better > 0
    assert dates["product_renewal"]["median_error_days"] < dates["median_of_pair"]["median_error_days"]
