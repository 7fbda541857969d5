"""A small night for tests of the review page: four messages of one program, two segments, and the shop of it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Engine

from personalization.review.summary import SUMMARY, summarise
from personalization.store import files, run_folder
from tests.lib import published_runs as small
from tests.lib.tables import data_folder

OWN, USUAL, LATE = "own_rhythm", "usual_rhythm", "late"
SCRIPT = "<script>alert('title')</script>"
SEGMENT = """
friendly_name = "By their own rhythm"
owner = "retention@shop.example"
description = "People who buy it again and again."
program = "replenishment"
"""
_FACTS = {
    "sku": "22423",
    "title": "Tea lights",
    "purchases": 3,
    "last_bought_on": "2011-10-01",
    "due_on": "2011-11-22",
    "due_on_early": "2011-11-10",
    "due_on_late": "2011-12-01",
    "basis": "personal",
    "buy_probability": 0.2,
    "also": [],
}
_DECISIONS = pa.schema(
    [(name, pa.string()) for name in ("customer_id", "program", "subject")]
    + [("segments", pa.list_(pa.string())), ("verdict", pa.string()), ("reasons", pa.list_(pa.string()))]
    + [("order_id", pa.string()), ("skus", pa.list_(pa.string())), ("send_at", pa.timestamp("us"))]
    + [("rival", pa.string()), ("facts", pa.string())]
)


def decision(number: int, *segments: str, verdict: str = "send", reasons: Sequence[str] = ()) -> dict[str, Any]:
    """One row of decisions.parquet, for the customer and subject of the message with the same number."""
    return {
        "customer_id": f"C{number}",
        "program": "replenishment",
        "subject": f"S{number}",
        "segments": list(segments),
        "verdict": verdict,
        "reasons": list(reasons),
        "order_id": f"O{number}",
        "skus": ["22423"],
        "send_at": small.SEND_AT,
        "rival": None,
        "facts": json.dumps(_FACTS),
    }


def rows() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Messages 1 to 4, of which 4 is in both segments, with their decisions and those of two people left out."""
    html = "<html><body><p>Tea lights</p></body></html>"
    messages = [small.message(1, html=html, text="Tea lights"), *(small.message(number) for number in (2, 3, 4))]
    decisions = [
        decision(1, OWN),
        decision(2, OWN),
        decision(3, USUAL),
        decision(4, OWN, USUAL),
        decision(5, OWN, verdict="exception", reasons=["ticket_open"]),
        decision(6, USUAL, verdict="hold", reasons=["readiness:on_time_share:carrier:swiftline"]),
    ]
    return messages, decisions


def build(
    runs: Path,
    messages: Sequence[dict[str, Any]],
    decisions: Sequence[dict[str, Any]],
    *,
    night: str = small.NIGHT,
    held: str = "",
) -> Path:
    """A finished folder, not yet published; *held* is the sentence for which replenishment is held."""
    built = runs / ".building" / night
    run_folder.begin(runs / night, built)
    files.write_parquet(built / "messages.parquet", small.messages_table(messages))
    files.write_parquet(built / "decisions.parquet", pa.Table.from_pylist(list(decisions), schema=_DECISIONS))
    files.write_parquet(built / SUMMARY, summarise(built / "decisions.parquet"))
    files.write_parquet(built / "readiness.parquet", _readiness("hold" if held else "pass"))
    files.write_parquet(built / "lint.parquet", pa.table({name: pa.array([], pa.string()) for name in _LINT}))
    files.write_json(built / "inputs" / "sources.json", {"simulated": []})
    said = {"is_open": not held, "verdict": "hold" if held else "pass", "reasons": [held] if held else []}
    files.write_json(built / "programs.json", {"programs": {"replenishment": said}})
    files.write_text(built / "report.html", "<p>Tonight</p>")
    run_folder.write_manifest(built, {"shop": "A shop"})
    return built


def publish(engine: Engine, runs: Path, built: Path, **given: Any) -> Path:
    """Publish a built night, which ann started by hand."""
    facts = {"origin": "manual", "started_by": "ann", "now": small.PUBLISHED_AT, "is_held": False, **given}
    target = runs / built.name
    run_folder.publish(engine, built=built, target=target, **facts)
    return target


def keep_tables(runs: Path, night: str = small.NIGHT) -> None:
    """Keep the night's canonical tables, as far as the page reads them."""
    data_folder(
        runs / ".snapshot" / night,
        customers="customer_id | email\nC1 | One@Shop.example\nC2 | two@shop.example",
        orders="order_id | customer_id | placed_at | total_cents\nO1 | C1 | 2011-10-01 10:00 | 1250",
        tickets="ticket_id | customer_id | order_id | reason | created_at\nT1 | C1 | O1 | wismo | 2011-10-05 09:00",
    )


def shop_in(folder: Path) -> Path:
    """The settings and one segment file of the small shop; returns its shop.toml."""
    small.shop_in(folder)
    (folder / "segments").mkdir()
    (folder / "segments" / f"{OWN}.toml").write_text(SEGMENT)
    return folder / "shop.toml"


_LINT = ("rule", "severity", "template", "detail")


def _readiness(verdict: str) -> pa.Table:
    row = {
        "check": "on_time_share",
        "scope": "shop",
        "program": "replenishment",
        "value": 0.81,
        "low": 0.78,
        "high": 0.84,
        "threshold": 0.88,
        "verdict": verdict,
        "raw_verdict": verdict,
        "reason": "81.0 % of 900 parcels came in time.",
        "owner": "logistics lead",
    }
    return pa.Table.from_pylist([row])
