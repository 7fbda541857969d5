"""From the command line: training, scores by the model that it left, and a night that uses it."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from personalization.scoring import ranker
from personalization.store.models import FACTS
from tests.lib.command import postlude
from tests.unit.scoring.made_shop import collectors

NIGHT = ("--date", "2011-11-20", "--now", "2011-11-21T02:00")


@pytest.fixture(autouse=True)
def few_trees(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sixty trees do for a made-up shop."""
    monkeypatch.setitem(ranker.TREES, "max_iter", 60)
    monkeypatch.setitem(ranker.TREES, "learning_rate", 0.1)


def collectors_folder(folder: Path, customers: int) -> Path:
    """Write the orders of so many collectors as canonical tables."""
    folder.mkdir()
    lines = [
        {**line, "order_id": f"{line['customer_id']}-{line['placed_at']:%Y%m%d}"} for line in collectors(customers)
    ]
    orders = {line["order_id"]: (line["customer_id"], line["placed_at"]) for line in lines}
    order_rows = [
        {
            "order_id": order_id,
            "customer_id": customer_id,
            "placed_at": placed_at,
            "currency": "GBP",
            "total_cents": 3000,
            "financial_status": "paid",
        }
        for order_id, (customer_id, placed_at) in orders.items()
    ]
    line_rows = [
        {
            "order_line_id": f"l{number}",
            "order_id": line["order_id"],
            "sku": line["sku"],
            "qty": 1,
            "unit_price_cents": 1000,
        }
        for number, line in enumerate(lines)
    ]
    pq.write_table(pa.Table.from_pylist(order_rows), folder / "orders.parquet")
    pq.write_table(pa.Table.from_pylist(line_rows), folder / "order_lines.parquet")
    return folder


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
    assert facts["is_better"]
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
    again = postlude(capsys, *asked)

    assert first.code == again.code == 0
    assert "no model has been trained yet (postlude train): trained first" in first.out
    assert "may not rank, the explainable score does: too little to learn from" in first.out
    assert "trained first" not in again.out
    assert "ranked by: explainable; the model of 2011-11-20: too little to learn from" in again.out
    assert pq.read_metadata(tmp_path / "scores" / "candidates.parquet").num_rows > 0
