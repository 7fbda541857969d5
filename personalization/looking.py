"""Looks at a data folder as it stands on a night or now, without running a night; nothing of it stays."""

import json
import shlex
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from personalization import __version__, diagnosis, journey, readiness, scoring, simulation
from personalization.contexts import from_context
from personalization.contracts import REQUIRED_TABLES, TABLES
from personalization.errors import BadInput, WrongUse
from personalization.pipeline import Plan, open_state, readiness_rules, used_scores
from personalization.settings import Shop
from personalization.sources.folder import Snapshot, take_snapshot
from personalization.sources.importing.feeds import read_imports
from personalization.store import files, state
from personalization.store.models import newest_model, save_model
from personalization.warehouse import Warehouse

SEED = 20_260_101  # of every training: the same data give the same model


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
        found = _readiness(plan, warehouse, taken, history=_verdict_history(plan))
    return {
        "checks": found.table.to_pylist(),
        "text": readiness.readiness_table_text(found.table),
        "is_all_held": found.all_marketing_held,
    }


def replay_report(plan: Plan, *, nights: int) -> dict[str, Any]:
    """Return what each check would have said on the last *nights* nights, and when gates closed and opened."""
    night, shop = plan.night, plan.shop
    with looked_at(night.data, shop=shop, cutoff=night.as_of.cutoff, now=night.now) as (warehouse, taken):
        replayed = readiness.replay(
            warehouse,
            run_date=night.run_date,
            cutoff=night.as_of.cutoff,
            nights=nights,
            present=frozenset(taken.present),
            rules=readiness_rules(shop),
        )
    return {"nights": replayed.to_pylist(), "text": readiness.changes_text(replayed)}


def _verdict_history(plan: Plan) -> pa.Table:
    return state.read_state_before(open_state(plan), plan.night.run_date).verdict_history


def _readiness(
    plan: Plan, warehouse: Warehouse, taken: Snapshot, *, history: pa.Table | None = None
) -> readiness.Readiness:
    return readiness.check_readiness(
        warehouse,
        run_date=plan.night.run_date,
        cutoff=plan.night.as_of.cutoff,
        present=frozenset(taken.present),
        rules=readiness_rules(plan.shop),
        history=history,
    )


def _diagnosed(plan: Plan, warehouse: Warehouse, taken: Snapshot) -> diagnosis.Diagnosis:
    """Return the diagnosis of the night; without the state database, so that the same data give the same bytes."""
    return diagnosis.diagnose(
        warehouse,
        run_date=plan.night.run_date,
        cutoff=plan.night.as_of.cutoff,
        present=frozenset(taken.present),
        shop=plan.shop,
        readiness=_readiness(plan, warehouse, taken).table.to_pylist(),
        simulated=_simulated(plan.night.data),
    )


def _simulated(data: Path) -> list[str]:
    marker = data / simulation.MARKER
    return list(json.loads(marker.read_text(encoding="utf-8"))["tables"]) if marker.exists() else []


def diagnosis_report(plan: Plan, *, out: Path | None = None, earlier: Path | None = None) -> dict[str, Any]:
    """Return what to mend first, as content and as Markdown, and write it to *out* by its ending.

    *earlier* is the JSON of an earlier diagnosis, with which this one is compared. Raises WrongUse where *out* ends in
    none of .html, .md and .json, BadInput where *earlier* is no diagnosis.
    """
    if out is not None and out.suffix not in (".html", ".md", ".json"):
        raise WrongUse(f"--out {out.name}: ends in none of .html, .md and .json, which say what to write")
    before = _read_earlier(earlier) if earlier is not None else None
    night = plan.night
    with looked_at(night.data, shop=plan.shop, cutoff=night.as_of.cutoff, now=night.now) as (warehouse, taken):
        content = diagnosis.content_of(_diagnosed(plan, warehouse, taken))
    changes = diagnosis.compare(before, content) if before is not None else []
    text = diagnosis.markdown_page(content, changes)
    if changes:
        content = {**content, "changes": changes}
    if out is not None and out.suffix == ".json":
        files.write_json(out, content)
    elif out is not None:
        files.write_text(out, text if out.suffix == ".md" else diagnosis.html_page(content, changes))
    return {"content": content, "text": text}


def _read_earlier(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"--compare {path}: cannot be read; name the JSON that --json or --out gave earlier") from error


def doctor_report(plan: Plan) -> dict[str, Any]:
    """Return how complete a data folder is and the command to type next; an empty or broken folder is told as such."""
    night, data = plan.night, plan.night.data
    present = frozenset(name for name in TABLES if any((data / f"{name}.{end}").exists() for end in _ENDINGS))
    seen, problem = _Seen(), ""
    if present >= frozenset(REQUIRED_TABLES):
        try:
            seen = _seen(plan)
        except BadInput as error:
            problem = str(error)
    rows = diagnosis.integrations(
        present, newest=seen.newest, joins=seen.joins, cutoff=night.as_of.cutoff, systems=_systems(data)
    )
    needs = {name: check.needs for name, check in readiness.CHECKS.items()}
    workflow = diagnosis.first_workflow(plan.shop.programs, needs, present)
    newest = seen.newest.get("orders", {}).get("newest_at")
    newest_on = newest.date() if newest else None
    is_read = present >= frozenset(REQUIRED_TABLES) and not problem
    content = {
        "shop": plan.shop.name,
        "data": str(data),
        "date": night.run_date.isoformat(),
        "problem": problem,
        "tables": sorted(present),
        "newest_order_on": newest_on.isoformat() if newest_on else None,
        "hint": diagnosis.night_hint(sorted(present), newest_on, run_date=night.run_date) if is_read else "",
        "integrations": rows,
        "feeds": {name: source.feeds for name, source in plan.shop.sources.items()},
        "context": plan.shop.context or "",
        "from_context": from_context(tomllib.loads(plan.shop_file.read_text(encoding="utf-8"))),
        "owners": {name: program.owner for name, program in plan.shop.programs.items()},
        "first_workflow": workflow,
        "arrival_dates": seen.arrival_dates,
        "phase": seen.phase_text,
        "next_command": diagnosis.next_command(
            rows,
            data=shlex.quote(str(data)),
            night=_night_options(plan),
            workflow=workflow,
            problem=problem,
            phase=seen.phase,
        ),
    }
    return {"content": content, "text": diagnosis.doctor_text(content)}


def _night_options(plan: Plan) -> str:
    """Return the options that name the night again, where the settings do not fix it."""
    night, shop = plan.night, plan.shop
    parts = [] if shop.date == night.run_date else [f" --date {night.run_date}"]
    if shop.now is not None and shop.now != night.now:
        parts.append(f" --now {night.now.isoformat()}")
    return "".join(parts)


_ENDINGS = ("parquet", "csv", "jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What a look into a readable folder tells the doctor; as it stands, that there was none."""

    newest: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    joins: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    arrival_dates: str = "not known without orders and parcels."
    phase: int | None = None
    phase_text: str = "not known without orders."


def _seen(plan: Plan) -> _Seen:
    night = plan.night
    with looked_at(night.data, shop=plan.shop, cutoff=night.as_of.cutoff, now=night.now) as (warehouse, taken):
        found = _diagnosed(plan, warehouse, taken)
        failing = f"; in the way: {found.phase.failing[0]}" if found.phase.failing else ""
        more = f" and {len(found.phase.failing) - 1} more" if len(found.phase.failing) > 1 else ""
        return _Seen(
            newest=diagnosis.read_newest(warehouse),
            joins=found.evidence.joins,
            arrival_dates=diagnosis.arrival_dates(found.evidence.shares, found.evidence.times),
            phase=found.phase.number,
            phase_text=f"{found.phase.number} of 3, {found.phase.name}{failing}{more}.",
        )


def _systems(data: Path) -> dict[str, list[str]]:
    """Return the systems that were imported for each table."""
    found: dict[str, list[str]] = {}
    for one in read_imports(data):
        for table in one.tables:
            found.setdefault(table, []).append(one.system)
    return found


def train(plan: Plan, *, models: Path) -> dict[str, Any]:
    """Train the ranker on a data folder as of a night, judge it, and keep it in *models*; return what was found."""
    night = plan.night
    with looked_at(night.data, shop=plan.shop, cutoff=night.as_of.cutoff, now=night.now) as (warehouse, _):
        return _train(plan, warehouse, models=models)


def _train(plan: Plan, warehouse: Warehouse, *, models: Path) -> dict[str, Any]:
    night = plan.night
    trained = scoring.train(warehouse, cutoff=night.as_of.cutoff, seed=SEED)
    facts = {
        "ranking": asdict(trained.ranking),
        "reordering": asdict(trained.reordering),
        "purchases_learned": trained.purchases_learned,
        "candidate_recall": trained.candidate_recall,
        "features": list(scoring.REORDER_FEATURES),
        "seed": SEED,
        "data": {path.name: files.file_digest(path) for path in sorted(night.data.glob("*.*")) if path.stem in TABLES},
        "postlude": __version__,
    }
    folder = save_model(models, run_date=night.run_date, fitted=trained.usable, facts=facts)
    if trained.fitted.ranker is None:
        return {"content": facts, "text": f"{folder}: may not be used, the explainable score is: {trained.ranking.why}"}
    ranks = "may rank" if trained.ranking.is_better else "may not rank, the explainable score does"
    foretells = "may foretell" if trained.reordering.is_better else "may not foretell, the explainable score does"
    text = [
        f"{folder}: {ranks} each customer's candidates: {trained.ranking.why}",
        f"{folder}: {foretells} what is bought again: {trained.reordering.why}",
    ]
    return {"content": facts, "text": "\n".join(text)}


def score_folder(plan: Plan, *, out: Path, models: Path) -> dict[str, Any]:
    """Score a data folder as of a night, whatever readiness says, and write the score files into *out*.

    Where *models* has none that fits, one is trained first.
    """
    night, told = plan.night, []
    tomorrow = night.run_date + timedelta(days=1)
    model = newest_model(models, before=tomorrow, features=scoring.REORDER_FEATURES)
    with looked_at(night.data, shop=plan.shop, cutoff=night.as_of.cutoff, now=night.now) as (warehouse, _):
        if not model.is_current:
            told = [f"{model.why['ranking']}: trained first", _train(plan, warehouse, models=models)["text"]]
            model = newest_model(models, before=tomorrow, features=scoring.REORDER_FEATURES)
        scores = scoring.score(warehouse, run_date=night.run_date, cutoff=night.as_of.cutoff, learned=model.fitted)
    tables = {"candidates": scores.candidates, "replenishment": scores.replenishment, "customers": scores.customers}
    for name, table in tables.items():
        files.write_parquet(out / f"{name}.parquet", table)
    counts = {name: table.num_rows for name, table in tables.items()}
    used = used_scores(model)
    text = [
        *told,
        *(f"{name}: {count:,} rows" for name, count in counts.items()),
        f"ranked by: {used['ranked_by']}; {used['why']}",
        f"bought again foretold by: {used['foretold_by']}; {used['foretold_why']}",
    ]
    return {"content": {**counts, **used}, "text": "\n".join(text)}
