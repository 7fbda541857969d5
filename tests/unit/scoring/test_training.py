"""What was learned is used where it is surely better and its probabilities hold, and nowhere else."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from personalization.scoring import REORDER_FEATURES, Trained, score, train, training
from personalization.scoring.judging import calibration_error, judge_reorder, unjudged
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
    found = trained.ranking

    assert found.is_better
    assert found.share_learned > found.share_explainable
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

    assert found.fitted.ranker is not None
    assert found.ranking.customers_judged == pytest.approx(380 / every, rel=0.1)


def test_few_customers_who_buy_much_teach_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough purchases, but of customers of whom none calibrates: that is said, and is no crash."""
    monkeypatch.setattr(training, "ENOUGH_PURCHASES", 10)
    with shop(collectors(2)) as warehouse:
        found = train(warehouse, cutoff=CUTOFF, seed=0, trees=SMALL)

    assert found.purchases_learned > 10
    assert found.fitted.ranker is None
    assert found.ranking.why.startswith("too little to learn from: too few customers")


def test_drift_goes_back_to_the_explainable_score() -> None:
    """Where everybody bought at random in the last fortnight, what was learned no longer holds."""
    with shop(collectors(400, drifts=True)) as warehouse:
        found = train(warehouse, cutoff=CUTOFF, seed=0, trees=SMALL).ranking

    assert not found.is_better
    assert found.calibration_error_learned > 0.01


def test_a_small_shop_learns_nothing() -> None:
    """Twenty customers are too few, and that is said with the number that is missing."""
    with shop(collectors(20)) as warehouse:
        found = train(warehouse, cutoff=CUTOFF, seed=0, trees=SMALL)

    assert found.fitted.ranker is None
    assert not found.ranking.is_better
    assert found.ranking.why.startswith("too little to learn from: ")
    assert found.ranking.why.endswith("1,000 are needed")


def test_an_empty_shop_learns_nothing() -> None:
    """No order at all is no crash."""
    with shop([]) as warehouse:
        assert train(warehouse, cutoff=CUTOFF, seed=0).usable is None


def test_the_same_purchases_teach_the_same(trained: Trained) -> None:
    """Training is repeatable: the same candidates in the same order with the same probabilities."""
    with shop(collectors(400)) as warehouse:
        again = train(warehouse, cutoff=CUTOFF, seed=0, trees=SMALL)
        first = score(warehouse, run_date=RUN_DATE, cutoff=CUTOFF, learned=trained.fitted)
        second = score(warehouse, run_date=RUN_DATE, cutoff=CUTOFF, learned=again.fitted)

    assert again.ranking == trained.ranking
    assert first.candidates.equals(second.candidates)


def test_what_comes_later_changes_nothing() -> None:
    """What is bought after the night is in neither the training nor the scores."""
    lines = collectors(120)
    later = [{**line, "placed_at": line["placed_at"] + timedelta(days=300)} for line in lines[::3]]
    found = []
    for bought in (lines, [*lines, *later]):
        with shop(bought) as warehouse:
            taught = train(warehouse, cutoff=CUTOFF, seed=0, trees=SMALL)
            found.append((taught, score(warehouse, run_date=RUN_DATE, cutoff=CUTOFF, learned=taught.fitted)))
    (first, scores), (second, same) = found

    assert first.fitted.ranker is not None
    assert first.ranking == second.ranking
    assert scores.candidates.equals(same.candidates)
    assert scores.replenishment.equals(same.replenishment)
    assert scores.customers.equals(same.customers)


def test_learned_candidates_keep_the_form_of_the_others(trained: Trained) -> None:
    """Up to 20 of each kind, ranked by probability over both; what was bought is repeat, what is new has its reason."""
    with shop(collectors(400)) as warehouse:
        learned = score(warehouse, run_date=RUN_DATE, cutoff=CUTOFF, learned=trained.fitted).candidates
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
        found = score(warehouse, run_date=RUN_DATE, cutoff=CUTOFF, learned=trained.fitted)

    assert len(set(found.candidates["customer_id"].to_pylist())) == customers
    assert found.customers.num_rows == customers


def test_the_error_of_calibration() -> None:
    """Half a chance for what always happens is half off; the share itself is exact."""
    happened = np.ones(100, dtype=np.bool_)

    assert calibration_error(np.full(100, 0.5), happened) == pytest.approx(0.5)
    assert calibration_error(np.full(100, 1.0), happened) == 0


def facts(**changed: Any) -> dict[str, Any]:
    """Return what a training writes down."""
    told = {"why": "it was better"}
    return {"ranking": told, "reordering": told, "features": list(REORDER_FEATURES)} | changed


def test_the_newest_model_before_the_night_is_used(tmp_path: Path) -> None:
    """A night that is run again finds the model it found before, whatever was trained since."""
    for day in (3, 10, 17):
        save_model(tmp_path, run_date=date(2026, 5, day), fitted=[day], facts=facts())

    assert newest_model(tmp_path, before=date(2026, 5, 17), features=REORDER_FEATURES).fitted == [10]
    assert newest_model(tmp_path, before=date(2026, 5, 18), features=REORDER_FEATURES).fitted == [17]
    assert newest_model(tmp_path, before=date(2026, 5, 3), features=REORDER_FEATURES).fitted is None


@pytest.mark.parametrize(
    ("before", "features", "why"),
    [
        (date(2026, 6, 8), REORDER_FEATURES, "36 days old"),
        (date(2026, 5, 4), REORDER_FEATURES[1:], "another version"),
    ],
)
def test_a_model_that_no_longer_counts(tmp_path: Path, before: date, features: tuple[str, ...], why: str) -> None:
    """The explainable scores are used, and both say why."""
    save_model(tmp_path, run_date=date(2026, 5, 3), fitted=["trees"], facts=facts())
    found = newest_model(tmp_path, before=before, features=features)

    assert found.fitted is None
    assert not found.is_current
    assert why in found.why["ranking"]
    assert why in found.why["reordering"]


def test_a_training_of_which_nothing_may_be_used_is_current(tmp_path: Path) -> None:
    """It is not repeated before its time, and each of the two says its own reason."""
    ranking, reordering = {"why": "not surely better"}, {"why": "its probabilities are off"}
    told = facts(ranking=ranking, reordering=reordering)
    save_model(tmp_path, run_date=date(2026, 5, 3), fitted=None, facts=told)
    found = newest_model(tmp_path, before=date(2026, 5, 4), features=REORDER_FEATURES)

    assert (found.fitted, found.is_current) == (None, True)
    assert found.why == {
        "ranking": "the model of 2026-05-03: not surely better",
        "reordering": "the model of 2026-05-03: its probabilities are off",
    }


@pytest.mark.parametrize("engine", ["python", "numpy", "scikit_learn"])
def test_a_model_of_another_engine_is_not_opened(tmp_path: Path, engine: str) -> None:
    """What another version of Python, NumPy or scikit-learn wrote may load and still say something else."""
    folder = save_model(tmp_path, run_date=date(2026, 5, 3), fitted=["trees"], facts=facts())
    told = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    (folder / FACTS).write_text(json.dumps(told | {engine: "0.1"}), encoding="utf-8")
    found = newest_model(tmp_path, before=date(2026, 5, 4), features=REORDER_FEATURES)

    assert (found.fitted, found.is_current) == (None, False)
    assert "another version" in found.why["ranking"]


def test_a_file_that_the_training_did_not_write_is_not_opened(tmp_path: Path) -> None:
    """A model whose digest is another is never loaded."""
    folder = save_model(tmp_path, run_date=date(2026, 5, 3), fitted=["trees"], facts=facts())
    (folder / FITTED).write_bytes(b"something else")

    found = newest_model(tmp_path, before=date(2026, 5, 4), features=REORDER_FEATURES)

    assert (found.fitted, found.is_current) == (None, False)
    assert "not the file that the training wrote" in found.why["reordering"]


def test_a_training_that_was_cut_off_leaves_no_model(tmp_path: Path) -> None:
    """Without its facts a fitted file does not count."""
    folder = save_model(tmp_path, run_date=date(2026, 5, 3), fitted=["trees"], facts=facts())
    (folder / FACTS).unlink()

    assert newest_model(tmp_path, before=date(2026, 5, 4), features=REORDER_FEATURES).facts == {}


@pytest.mark.parametrize("damaged", ['{"ranking": tr', "[]", '{"ranking": {}}', "\x00"])
def test_damaged_facts_leave_the_explainable_score(tmp_path: Path, damaged: str) -> None:
    """A night does not stop at a model.json that was cut off or written over; it says so and asks for a training."""
    folder = save_model(tmp_path, run_date=date(2026, 5, 3), fitted=["trees"], facts=facts())
    (folder / FACTS).write_text(damaged, encoding="utf-8")
    found = newest_model(tmp_path, before=date(2026, 5, 4), features=REORDER_FEATURES)

    assert (found.fitted, found.is_current) == (None, False)
    assert set(found.why.values()) == {"the model of 2026-05-03: model.json is damaged (postlude train)"}


def test_what_is_bought_again_is_told_by_what_was_learned(trained: Trained) -> None:
    """The probability alone is the learned one; due dates and, without a learned ranker, the candidates stay."""
    with shop(collectors(400)) as warehouse:
        usual = score(warehouse, run_date=RUN_DATE, cutoff=CUTOFF)
        found = score(warehouse, run_date=RUN_DATE, cutoff=CUTOFF, learned=replace(trained.fitted, ranker=None))

    assert trained.reordering.is_better
    assert found.candidates.equals(usual.candidates)
    assert found.replenishment.drop(["buy_probability"]).equals(usual.replenishment.drop(["buy_probability"]))
    parts = np.array([sku.startswith("s") for sku in found.replenishment["sku"].to_pylist()])
    learned, explained = (np.array(one.replenishment["buy_probability"]) for one in (found, usual))
    assert learned[parts].max() > 0.9 > explained[parts].max()  # a series begins anew after its twelfth part


def test_only_what_was_found_better_may_be_used(trained: Trained) -> None:
    """Each of the two by its own judgement; where neither may be used there is no model."""
    worse = unjudged("a test")

    assert trained.usable == trained.fitted
    assert replace(trained, ranking=worse).usable == replace(trained.fitted, ranker=None)
    assert replace(trained, reordering=worse).usable == replace(trained.fitted, reorder=None)
    assert replace(trained, ranking=worse, reordering=worse).usable is None


FEW = np.random.default_rng(2)
CUSTOMER = np.repeat(np.arange(300), 10)
CHANCE = FEW.uniform(0.02, 0.4, size=len(CUSTOMER))
BOUGHT = FEW.random(len(CUSTOMER)) < CHANCE
SHARE = np.full(len(CUSTOMER), BOUGHT.mean())


@pytest.mark.parametrize(
    ("learned", "is_better", "why"),
    [
        (CHANCE, True, "of 6"),
        (SHARE, False, "not surely better"),
        (1 - CHANCE, False, "not surely better"),
        (CHANCE + 0.05, False, "its probabilities are off by "),
    ],
    ids=["true chances", "no better than the share", "turned around", "all too high"],
)
def test_a_learned_probability_is_used_where_it_is_better_and_holds(
    learned: np.ndarray, is_better: bool, why: str
) -> None:
    """It has to be nearer to what happened than the explainable one, surely, and right on average."""
    found = judge_reorder(CUSTOMER, BOUGHT, learned=learned, explainable=SHARE)

    assert found.is_better is is_better
    assert found.why.startswith(why)


def test_one_customer_is_one_observation() -> None:
    """Ten thousand pairs of one customer, or the gain of a single one among many, make nothing sure."""
    one = judge_reorder(np.zeros(len(CUSTOMER), dtype=np.int64), BOUGHT, learned=CHANCE, explainable=SHARE)
    nearly = np.where(CUSTOMER == 0, CHANCE, SHARE)
    among_many = judge_reorder(CUSTOMER, BOUGHT, learned=nearly, explainable=SHARE)

    assert (one.is_better, among_many.is_better) == (False, False)
