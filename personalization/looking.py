"""Looks at a data folder as it stands on a night or now, without running a night; nothing of it stays."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from personalization import journey, readiness, scoring
from personalization.pipeline import Plan, open_state
from personalization.settings import Shop
from personalization.sources.folder import Snapshot, take_snapshot
from personalization.store import files, state
from personalization.warehouse import Warehouse


@contextmanager
def looked_at(data: Path, *, shop: Shop, cutoff: datetime, now: datetime) -> Iterator[tuple[Warehouse, Snapshot]]:
    """Yield a warehouse with a data folder's checked tables and journey at *cutoff*, and what was checked."""
    with tempfile.TemporaryDirectory(prefix="postlude-") as folder:
        newest, share = Path(folder) / "snapshot", shop.imports.max_bad_share
        taken = take_snapshot(data=data, out=newest, cutoff=cutoff, now=now, max_bad_share=share)
        with Warehouse(spill=Path(folder)) as warehouse:
            warehouse.load_canonical(newest)
            journey.build_journey(warehouse, cutoff=cutoff, timezone=shop.timezone)
            yield warehouse, taken


def readiness_report(plan: Plan) -> dict[str, Any]:
    """Return each check of a night with its evidence, as rows and as a table to read; writes nothing that stays."""
    night, shop = plan.night, plan.shop
    with looked_at(night.data, shop=shop, cutoff=night.as_of.cutoff, now=night.now) as (warehouse, taken):
        found = readiness.check_readiness(
            warehouse,
            run_date=night.run_date,
            cutoff=night.as_of.cutoff,
            present=frozenset(taken.present),
            programs=shop.programs,
            thresholds=shop.thresholds,
            history=state.read_state_before(open_state(plan), night.run_date).verdict_history,
            timezone=shop.timezone,
        )
    return {
        "checks": found.table.to_pylist(),
        "text": readiness.readiness_table_text(found.table),
        "is_all_held": found.all_marketing_held,
    }


def score_folder(plan: Plan, *, out: Path) -> dict[str, int]:
    """Score a data folder as of a night, whatever readiness says, and write the score files into *out*."""
    night = plan.night
    with looked_at(night.data, shop=plan.shop, cutoff=night.as_of.cutoff, now=night.now) as (warehouse, _):
        scores = scoring.score(warehouse, run_date=night.run_date, cutoff=night.as_of.cutoff)
    tables = {"candidates": scores.candidates, "replenishment": scores.replenishment, "customers": scores.customers}
    for name, table in tables.items():
        files.write_parquet(out / f"{name}.parquet", table)
    return {name: table.num_rows for name, table in tables.items()}
