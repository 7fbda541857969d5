"""The learned ranker is used where it is surely better and its probabilities hold, and nowhere else."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from personalization.scoring import FEATURES, Trained, score, train, training
from personalization.scoring.training import calibration_error
from personalization.store.models import FACTS, FITTED, newest_model, save_model
from tests.unit.scoring.made_shop import CUTOFF, collectors
from tests.unit.scoring.nights import RUN_DATE, shop

SMALL = {"max_iter": 60, "learning_rate": 0.1}


@pytest.fixture(scope="module")
def trained() -> Iterator[Trained]:
    """A ranker of 400 collectors."""
    with shop(collectors(400)) as warehouse:
        yield train(warehouse, cutoff=CUTOFF, seed=0, trees=SMALL)


def test_a_ranker_that_sees_more_is_used(trained: Trained) -> None:
    """Who goes on with a series is seen by what follows what; the explainable score knows only what goes together."""
    found = trained.judgement

    assert found.is_better
    assert found.recall_learned > found.recall_explainable
    assert found.gain_low > 0
    assert found.calibration_error_learned <= 0.01
    assert found.customers_judged == 380
    assert "was among their first 10" in found.why


def test_of_a_large_shop_some_customers_teach_and_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fifth customer is served; among them are some who calibrate."""
    every = 5
    monkeypatch.setattr(training, "MOST_ROWS", 400 * (training.REPEATS + training.NEW) // every)
    with shop(collectors(400)) as warehouse:
        found = train(warehouse, cutoff=CUTOFF, seed=0, trees=SMALL)

    assert found.ranker is not None
    assert found.judgement.customers_judged == pytest.approx(380 / every, rel=0.1)


def test_few_customers_who_buy_much_teach_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough purchases, but of customers of whom none calibrates: that is said, and is no crash."""
    monkeypatch.setattr(training, "ENOUGH_PURCHASES", 10)
    with shop(collectors(2)) as warehouse:
        found = train(warehouse, cutoff=CUTOFF, seed=0, trees=SMALL)

    assert found.judgement.purchases_learned > 10
    assert found.ranker is None
    assert found.judgement.why.startswith("too little to learn from: too few customers")


def test_drift_goes_back_to_the_explainable_score() -> None:
    """Where everybody bought at random in the last fortnight, what was learned no longer holds."""
    with shop(collectors(400, drifts=True)) as warehouse:
        found = train(warehouse, cutoff=CUTOFF, seed=0, trees=SMALL).judgement

    assert not found.is_better
    assert found.calibration_error_learned > 0.01


def test_a_small_shop_learns_nothing() -> None:
    """Twenty customers are too few, and that is said with the number that is missing."""
    with shop(collectors(20)) as warehouse:
        found = train(warehouse, cutoff=CUTOFF, seed=0, trees=SMALL)

    assert found.ranker is None
    assert not found.judgement.is_better
    assert found.judgement.why.startswith("too little to learn from: ")
    assert found.judgement.why.endswith("1,000 are needed")


def test_an_empty_shop_learns_nothing() -> None:
    """No order at all is no crash."""
    with shop([]) as warehouse:
        assert train(warehouse, cutoff=CUTOFF, seed=0).ranker is None


def test_the_same_purchases_teach_the_same(trained: Trained) -> None:
    """Training is repeatable: the same candidates in the same order with the same probabilities."""
    with shop(collectors(400)) as warehouse:
        again = train(warehouse, cutoff=CUTOFF, seed=0, trees=SMALL)
        first = score(warehouse, run_date=RUN_DATE, cutoff=CUTOFF, ranker=trained.ranker)
        second = score(warehouse, run_date=RUN_DATE, cutoff=CUTOFF, ranker=again.ranker)

    assert again.judgement == trained.judgement
    assert first.candidates.equals(second.candidates)


def test_what_comes_later_changes_nothing() -> None:
    """What is bought after the night is in neither the training nor the scores."""
    lines = collectors(120)
    later = [{**line, "placed_at": line["placed_at"] + timedelta(days=300)} for line in lines[::3]]
    found = []
    for bought in (lines, [*lines, *later]):
        with shop(bought) as warehouse:
            taught = train(warehouse, cutoff=CUTOFF, seed=0, trees=SMALL)
            found.append((taught, score(warehouse, run_date=RUN_DATE, cutoff=CUTOFF, ranker=taught.ranker)))
    (first, scores), (second, same) = found

    assert first.ranker is not None
    assert first.judgement == second.judgement
    assert scores.candidates.equals(same.candidates)
    assert scores.replenishment.equals(same.replenishment)
    assert scores.customers.equals(same.customers)


def test_learned_candidates_keep_the_form_of_the_others(trained: Trained) -> None:
    """Up to 20 of each kind, ranked by probability over both; what was bought is repeat, what is new has its reason."""
    with shop(collectors(400)) as warehouse:
        learned = score(warehouse, run_date=RUN_DATE, cutoff=CUTOFF, ranker=trained.ranker).candidates
        usual = score(warehouse, run_date=RUN_DATE, cutoff=CUTOFF).candidates
    rows = [row for row in learned.to_pylist() if row["customer_id"] == "c0007"]

    assert learned.schema == usual.schema
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    assert sum(row["is_repeat"] for row in rows) <= 20
    assert sum(not row["is_repeat"] for row in rows) == 20
    assert all(row["because_sku"] for row in rows if row["source"] == "co_purchase")
    assert set(learned["customer_id"].to_pylist()) == set(usual["customer_id"].to_pylist())


@pytest.mark.parametrize("customers", [0, 1])
def test_a_ranker_meets_a_shop_of_nobody_or_one(trained: Trained, customers: int) -> None:
    """Where hardly anybody is, the tables are short or empty, and nothing breaks."""
    with shop(collectors(customers)) as warehouse:
        found = score(warehouse, run_date=RUN_DATE, cutoff=CUTOFF, ranker=trained.ranker)

    assert len(set(found.candidates["customer_id"].to_pylist())) == customers
    assert found.customers.num_rows == customers


def test_the_error_of_calibration() -> None:
    """Half a chance for what always happens is half off; the share itself is exact."""
    happened = np.ones(100, dtype=np.bool_)

    assert calibration_error(np.full(100, 0.5), happened) == pytest.approx(0.5)
    assert calibration_error(np.full(100, 1.0), happened) == 0


def facts(**changed: Any) -> dict[str, Any]:
    """Return what a training writes down."""
    return {"is_better": True, "why": "it was better", "features": list(FEATURES)} | changed


def test_the_newest_model_before_the_night_is_used(tmp_path: Path) -> None:
    """A night that is run again finds the model it found before, whatever was trained since."""
    for day in (3, 10, 17):
        save_model(tmp_path, run_date=date(2026, 5, day), fitted=[day], facts=facts())

    assert newest_model(tmp_path, before=date(2026, 5, 17), features=FEATURES).fitted == [10]
    assert newest_model(tmp_path, before=date(2026, 5, 18), features=FEATURES).fitted == [17]
    assert newest_model(tmp_path, before=date(2026, 5, 3), features=FEATURES).fitted is None


@pytest.mark.parametrize(
    ("told", "before", "features", "why"),
    [
        (facts(is_better=False, why="not surely better"), date(2026, 5, 4), FEATURES, "not surely better"),
        (facts(), date(2026, 6, 8), FEATURES, "36 days old"),
        (facts(), date(2026, 5, 4), FEATURES[1:], "another version"),
    ],
)
def test_a_model_that_may_not_rank(
    tmp_path: Path, told: dict[str, Any], before: date, features: tuple[str, ...], why: str
) -> None:
    """The explainable score ranks, and says why."""
    save_model(tmp_path, run_date=date(2026, 5, 3), fitted=["trees"], facts=told)
    found = newest_model(tmp_path, before=before, features=features)

    assert found.fitted is None
    assert why in found.why
    assert found.is_current == (not told["is_better"])


@pytest.mark.parametrize("engine", ["python", "numpy", "scikit_learn"])
def test_a_model_of_another_engine_is_not_opened(tmp_path: Path, engine: str) -> None:
    """What another version of Python, NumPy or scikit-learn wrote may load and still say something else."""
    folder = save_model(tmp_path, run_date=date(2026, 5, 3), fitted=["trees"], facts=facts())
    told = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    (folder / FACTS).write_text(json.dumps(told | {engine: "0.1"}), encoding="utf-8")
    found = newest_model(tmp_path, before=date(2026, 5, 4), features=FEATURES)

    assert (found.fitted, found.is_current) == (None, False)
    assert "another version" in found.why


def test_a_file_that_the_training_did_not_write_is_not_opened(tmp_path: Path) -> None:
    """A model whose digest is another is never loaded."""
    folder = save_model(tmp_path, run_date=date(2026, 5, 3), fitted=["trees"], facts=facts())
    (folder / FITTED).write_bytes(b"something else")

    assert (
        "not the file that the training wrote" in newest_model(tmp_path, before=date(2026, 5, 4), features=FEATURES).why
    )


def test_a_training_that_was_cut_off_leaves_no_model(tmp_path: Path) -> None:
    """Without its facts a fitted file does not count."""
    folder = save_model(tmp_path, run_date=date(2026, 5, 3), fitted=["trees"], facts=facts())
    (folder / FACTS).unlink()

    assert newest_model(tmp_path, before=date(2026, 5, 4), features=FEATURES).facts == {}


@pytest.mark.parametrize("damaged", ['{"is_better": tr', "[]", '{"is_better": true}', "\x00"])
def test_damaged_facts_leave_the_explainable_score(tmp_path: Path, damaged: str) -> None:
    """A night does not stop at a model.json that was cut off or written over; it says so and asks for a training."""
    folder = save_model(tmp_path, run_date=date(2026, 5, 3), fitted=["trees"], facts=facts())
    (folder / FACTS).write_text(damaged, encoding="utf-8")
    found = newest_model(tmp_path, before=date(2026, 5, 4), features=FEATURES)

    assert (found.fitted, found.is_current) == (None, False)
    assert found.why == "the model of 2026-05-03: model.json is damaged (postlude train)"
