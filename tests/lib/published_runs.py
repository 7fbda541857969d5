"""A small published run for tests of approval, export and retention: real files, digests and state database."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine

from personalization.export import Recheck
from personalization.review.approvals import approve
from personalization.settings import Shop, load_shop
from personalization.store import files, run_folder
from personalization.store.state import migrate, open_state

NIGHT = "2011-11-20"
PUBLISHED_AT = datetime(2011, 11, 21, 2)
SEND_AT = datetime(2011, 11, 21, 10)
EXPIRES_AT = datetime(2011, 11, 22, 22)
NOON = datetime(2011, 11, 21, 12)  # of the demo's day of sending
DUE_AT = datetime(2011, 11, 21, 10, 5)
SHOP = """
name = "A shop"
timezone = "Europe/London"
approvals = "second_person"
is_demo = false
[brand]
site_url = "https://shop.example"
support_url = "https://shop.example/help"
postal_address = "1 Example Street, London"
[programs.replenishment]
owner = "o"
metric = "m"
recurrence = "nightly"
[programs.delay_notice]
owner = "o"
metric = "m"
recurrence = "as it happens"
kind = "service"
"""


def message(number: int, **given: Any) -> dict[str, Any]:
    """One row of messages.parquet; what is not given is as it mostly is."""
    row = {
        "decision_subject": f"S{number}",
        "message_id": hashlib.sha256(f"message {number}".encode()).hexdigest(),
        "customer_id": f"C{number}",
        "program": "replenishment",
        "variant": "default",
        "channel": "email",
        "order_id": None,
        "locale": "en_GB",
        "send_at": SEND_AT,
        "expires_at": EXPIRES_AT,
        "subject": f"Time for more, number {number}",
        "preheader": "=1+1",
        "properties": json.dumps({"title": "Tea lights", "number": number}),
        "html": None,
        "text": None,
        **given,
    }
    return {**row, "digest": hashlib.sha256(repr(sorted(row.items(), key=str)).encode()).hexdigest()}


def messages_table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """The columns of messages.parquet in their types."""
    text = ("message_id", "customer_id", "program", "variant", "channel", "order_id", "locale")
    schema = pa.schema(
        [(name, pa.string()) for name in text]
        + [(name, pa.timestamp("us")) for name in ("send_at", "expires_at")]
        + [
            (name, pa.string())
            for name in ("subject", "preheader", "properties", "html", "text", "digest", "decision_subject")
        ]
    )
    return pa.Table.from_pylist(list(rows), schema=schema)


def build(runs: Path, rows: Sequence[dict[str, Any]], *, night: str = NIGHT) -> Path:
    """A finished folder, not yet published."""
    built = runs / ".building" / night
    run_folder.begin(runs / night, built)
    files.write_parquet(built / "messages.parquet", messages_table(rows))
    files.write_text(built / "report.html", "<p>Tonight</p>")
    run_folder.write_manifest(built, {"counts": {"messages": len(rows)}})
    return built


def publish(engine: Engine, runs: Path, rows: Sequence[dict[str, Any]], *, night: str = NIGHT, **given: Any) -> Path:
    """A published run; returns its folder."""
    facts = {"origin": "manual", "started_by": "ann", "now": PUBLISHED_AT, "is_held": False, **given}
    run_folder.publish(engine, built=build(runs, rows, night=night), target=runs / night, **facts)
    return runs / night


def publish_and_approve(engine: Engine, runs: Path, rows: Sequence[dict[str, Any]], **given: Any) -> Path:
    """A run that ann started and mara approved."""
    run = publish(engine, runs, rows, **given)
    approve(engine, run=run, reviewer="mara", now=PUBLISHED_AT, rules="second_person", authors=frozenset())
    return run


def shop_in(folder: Path, text: str = SHOP) -> Shop:
    """The settings of a small shop whose exports go to folder/exports."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shop.toml").write_text(text)
    return load_shop(folder / "shop.toml")


def state_in(folder: Path) -> Engine:
    """A migrated SQLite state database."""
    engine = open_state(f"sqlite:///{folder}/state.sqlite")
    migrate(engine)
    return engine


def recheck(
    count: int = 10, *, against: dict[str, tuple[str | None, list[str]]] | None = None, **given: Any
) -> Recheck:
    """The newest data: all customers up to *count* may be written to, but for *against*: customer, verdict, reasons."""
    customers = [f"C{number}" for number in range(count)]
    verdicts = [(name, *(against or {}).get(name, ("send", []))) for name in customers]
    decisions = [
        {
            "customer_id": name,
            "program": "replenishment",
            "subject": f"S{name[1:]}",
            "verdict": verdict,
            "reasons": reasons,
            "skus": ["22423"],
        }
        for name, verdict, reasons in verdicts
        if verdict is not None
    ]
    names = ("customer_id", "program", "subject", "verdict")
    schema = pa.schema(
        [(name, pa.string()) for name in names] + [(name, pa.list_(pa.string())) for name in ("reasons", "skus")]
    )
    facts: dict[str, Any] = {
        "decisions": pa.Table.from_pylist(decisions, schema=schema),
        "customers": pa.table(
            {"customer_id": customers, "email": [f"{name}@shop.example".lower() for name in customers]}
        ),
        "products": pa.table({"sku": ["22423"], "status": ["active"], "is_in_stock": [True]}),
        "has_suppressions": True,
        "suppressions_learned_at": DUE_AT - timedelta(hours=3),
        "suppression_counts": {"email": 100},
        "is_simulated": False,
        **given,
    }
    return Recheck(**facts)


def due_ids(run: Path, at: datetime) -> set[str]:
    """Return the ids of the messages of a run whose window is open at *at* (naive UTC); there is always one."""
    window = pq.read_table(run / "messages.parquet", columns=["message_id", "send_at", "expires_at"]).to_pylist()
    due = {row["message_id"] for row in window if row["send_at"] <= at < row["expires_at"]}
    assert due
    return due


def sent_ids(shop: Shop) -> list[str]:
    """The message_id of every line in every exported file, doubles included."""
    lines = [
        line
        for file in sorted((shop.root / shop.export.files_dir).rglob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    return sorted(json.loads(line)["message_id"] for line in lines)
