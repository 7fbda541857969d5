"""The nightly line, one function a step. This is the only place where reading, pure code and writing meet.

The command line and the DAG tasks call the same functions. Every step reads what the steps before it wrote, so a task
that is retried starts from files and never from memory.
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from personalization import __version__, audiences, content, journey, readiness, scoring
from personalization.errors import WrongUse
from personalization.records import AsOf, Night
from personalization.report import RunFacts, render_report, verdict_counts
from personalization.settings import Shop, load_shop
from personalization.sources.folder import take_snapshot
from personalization.store import files, run_folder, state
from personalization.warehouse import Warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Which night to run, with the settings it runs by."""

    night: Night
    shop: Shop
    shop_file: Path
    origin: str  # scheduled or manual
    started_by: str


def plan_night(
    *,
    shop_file: Path,
    data: Path,
    runs: Path,
    run_date: date | None,
    now: datetime | None,
    origin: str = "manual",
    started_by: str = "unknown",
) -> Plan:
    """Return the night to run: by the options, else as the demo's settings fix it, else yesterday by the clock."""
    shop = load_shop(shop_file)
    moment = now or shop.now or datetime.now(UTC)
    moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    local_day = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(shop.timezone)).date()
    as_of = AsOf(run_date=run_date or shop.date or local_day - timedelta(days=1), timezone=shop.timezone)
    night = Night(as_of=as_of, now=moment, data=data.resolve(), runs=runs.resolve())
    return Plan(night=night, shop=shop, shop_file=shop_file, origin=origin, started_by=started_by)


# ---------------------------------------------------------------------------------------------------------- the night


def snapshot(plan: Plan) -> None:
    """Check what came in, keep what was known that night, and freeze what the state database knew before it."""
    night, shop = plan.night, plan.shop
    run_folder.begin(night.published, night.built)
    taken = take_snapshot(
        data=night.data,
        out=night.snapshot,
        cutoff=night.as_of.cutoff,
        now=night.now,
        max_bad_share=shop.imports.max_bad_share,
    )
    files.write_parquet(night.built / "quarantine.parquet", taken.quarantine)
    files.write_json(night.built / "inputs" / "sources.json", _sources(taken, night.data))
    before = state.read_state_before(_state(plan), night.run_date)
    for name in ("sent_before", "holdouts_before", "verdict_history"):
        files.write_parquet(night.built / "inputs" / f"{name}.parquet", getattr(before, name))


def check_readiness(plan: Plan) -> None:
    """Work out what happened to each parcel, then whether delivery, returns and support can be trusted."""
    night, shop = plan.night, plan.shop
    with _warehouse(night, journey_too=False) as warehouse:
        journey.build_journey(warehouse, cutoff=night.as_of.cutoff)
        for table, file in JOURNEY_FILES.items():
            files.write_parquet(night.built / file, warehouse.table(table, order_by=JOURNEY_KEYS[table]))
        verdicts = readiness.check_readiness(
            warehouse,
            run_date=night.run_date,
            cutoff=night.as_of.cutoff,
            present=frozenset(_read_json(night.built / "inputs" / "sources.json")["present"]),
            programs=shop.programs,
            thresholds=shop.thresholds,
            history=pq.read_table(night.built / "inputs" / "verdict_history.parquet"),
        )
    files.write_parquet(night.built / "readiness.parquet", verdicts.table)


def score(plan: Plan) -> None:
    """Say who will need what, when, and how sure we are. Never gated."""
    night = plan.night
    with _warehouse(night) as warehouse:
        scores = scoring.score(warehouse, run_date=night.run_date, cutoff=night.as_of.cutoff)
    for name, table in _score_tables(scores).items():
        files.write_parquet(night.built / "scores" / f"{name}.parquet", table)


def build_audiences(plan: Plan) -> None:
    """Decide, for everyone a segment contains, whether they hear from the shop tonight, and why or why not."""
    night, shop = plan.night, plan.shop
    with _warehouse(night) as warehouse:
        for table, file in SCORE_TABLES.items():
            warehouse.load_parquet(table, night.built / file)
        audience = audiences.build_decisions(
            warehouse,
            run_date=night.run_date,
            cutoff=night.as_of.cutoff,
            shop=shop,
            segments=audiences.load_segments(shop.root / "segments", frozenset(shop.programs)),
            readiness=pq.read_table(night.built / "readiness.parquet"),
            sent_before=pq.read_table(night.built / "inputs" / "sent_before.parquet"),
            holdouts_before=pq.read_table(night.built / "inputs" / "holdouts_before.parquet"),
        )
    files.write_parquet(night.built / "decisions.parquet", audience.decisions)
    files.write_parquet(night.built / "assignments.parquet", audience.assignments)


def render_content(plan: Plan) -> None:
    """Write what each person would read; what cannot be said truthfully is withheld, with its reason."""
    night, shop = plan.night, plan.shop
    decisions = pq.read_table(night.built / "decisions.parquet")
    rendered = content.render_messages(
        decisions,
        products=pq.read_table(night.snapshot / "products.parquet"),
        customers=pq.read_table(night.snapshot / "customers.parquet"),
        shop=shop,
        templates=shop.root / "templates",
    )
    files.write_parquet(night.built / "messages.parquet", rendered.messages)
    files.write_parquet(night.built / "lint.parquet", rendered.lint)
    files.write_parquet(night.built / "decisions.parquet", _without_withheld(decisions, rendered.withheld))
