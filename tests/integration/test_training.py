"""From the command line: training, scores by the model that it left, and a night that uses it."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from personalization.scoring import ranker
from personalization.store.models import FACTS
from tests.lib.command import postlude
from tests.unit.scoring.made_shop import collectors_folder

NIGHT = ("--date", "2011-11-20", "--now", "2011-11-21T02:00")


@pytest.fixture(autouse=True)
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty trees do for a made-up shop."""
    monkeypatch.setitem(ranker.TREES, "max_iter", 60)
    monkeypatch.setitem(ranker.TREES, "learning_rate", 0.1)


def test_a_trained_model_ranks_scores_and_nights(
    tmp_path: Path, own_shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trained a week before, it ranks the night; the report says so, and what it was trained on is written down."""
    data = collectors_folder(tmp_path / "data", 400)
    asked = ("--data", data, "--shop", own_shop)
    models = own_shop.parent / "models"
    done = postlude(capsys, "train", *asked, "--date", "2011-11-13", *NIGHT[2:])
    facts = json.loads((models / "2011-11-13" / FACTS).read_text())

    assert done.code == 0
    assert "may rank" in done.out
    assert facts["ranking"]["is_better"]
    assert set(facts["data"]) == {"orders.parquet", "order_lines.parquet"}

    scored = postlude(capsys, "score", *asked, *NIGHT, "--out", tmp_path / "scores", "--models", models)
    assert "trained first" not in scored.out
    assert "ranked by: learned; the model of 2011-11-13" in scored.out

    night = postlude(capsys, "nightly", *asked, *NIGHT, "--runs", tmp_path / "runs")
    run = tmp_path / "runs" / "2011-11-20"
    assert night.code == 3  # without parcels nothing is known of delivery: every marketing program is held
    assert "Ranked by the learned score: the model of 2011-11-13" in (run / "report.html").read_text()
    assert json.loads((run / "scores" / "ranked.json").read_text())["model"]["digest"] == facts["digest"]
    assert pq.read_table(run / "scores" / "candidates.parquet").equals(
        pq.read_table(tmp_path / "scores" / "candidates.parquet")
    )


def test_scores_train_first_where_no_model_is(
    tmp_path: Path, own_shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And where there is too little to learn from, that is said once, and not tried again the same night."""
    data = collectors_folder(tmp_path / "data", 30)
    asked = ("score", "--data", data, "--shop", own_shop, *NIGHT, "--out", tmp_path / "scores")
    first = postlude(capsys, *asked)
    scored = pq.read_table(tmp_path / "scores" / "candidates.parquet")
    again = postlude(capsys, *asked)

    assert first.code == again.code == 0
    assert "no model has been trained yet (postlude train): trained first" in first.out
    assert "may not be used, the explainable score is: too little to learn from" in first.out
    assert "trained first" not in again.out
    assert "ranked by: explainable; the model of 2011-11-20: too little to learn from" in again.out
    assert scored.num_rows > 0
    assert scored.equals(pq.read_table(tmp_path / "scores" / "candidates.parquet"))
