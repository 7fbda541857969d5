"""The nightly line, one function a step: here reading, pure code and writing meet (docs/adr/0007 names the others).

The command line and the DAG tasks call the same functions. Every step reads what the steps before it wrote, so a task
that is retried starts from files and never from memory.
"""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Engine

from personalization import __version__, alerts, audiences, content, journey, readiness, scoring, simulation
from personalization.errors import WrongUse
from personalization.people import logged_in_user
from personalization.records import AsOf, Night, naive_utc
from personalization.report import RunFacts, render_report, verdict_counts
from personalization.review.summary import SUMMARY, summarise
from personalization.settings import Shop, load_shop
from personalization.sources.folder import Snapshot, take_snapshot
from personalization.sources.importing.configured import import_configured
from personalization.sources.importing.feeds import imports_told, quarantined_by_imports
from personalization.sources.systems import SYSTEMS
from personalization.store import files, retention, run_folder, state
from personalization.store.models import Model, newest_model
from personalization.store.unsubscribes import read_unsubscribes
from personalization.warehouse import Warehouse

SCORES = {
    "candidates": "scores/candidates.parquet",
    "replenishment": "scores/replenishment.parquet",
    "customers_scores": "scores/customers.parquet",
}
RANKED = "scores/ranked.json"  # which score ranked the candidates and foretold what is bought again, and why
REPORTED = ("customer_id", "program", "verdict", "reasons")  # of the decisions, what the report needs
STATE_INPUTS = ("sent_before", "holdouts_before", "verdict_history")
UNSUBSCRIBES_BEFORE = "inputs/unsubscribes_before.parquet"
# What of shop.toml does not shape a night: who is told, where things lie, how long they stay, who may approve.
NOT_SHAPING: dict[str, Any] = {
    **dict.fromkeys(("alerts", "retention", "state_url", "approvals", "now", "sources", "diagnosis"), True),
    "export": {
        "destination",
        "files_dir",
        "seeds",
        "smtp",
        "suppression_max_age_hours",
        "suppression_max_shrink_share",
    },
}
ENGINES = ("duckdb", "pyarrow", "scikit-learn", "jinja2", "mrml")


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
    started_by: str | None = None,
) -> Plan:
    """Return the night to run: by the options, else as the demo's settings fix it, else yesterday by the clock.

    Raises WrongUse for a day that has not ended yet: what it will hold is not known.
    """
    shop = load_shop(shop_file)
    moment = naive_utc(now or shop.now or datetime.now(UTC))
    local_day = moment.replace(tzinfo=UTC).astimezone(ZoneInfo(shop.timezone)).date()
    as_of = AsOf(run_date=run_date or shop.date or local_day - timedelta(days=1), timezone=shop.timezone)
    if as_of.cutoff > moment:
        raise WrongUse(f"--date {as_of.run_date}: that day has not ended yet in {shop.timezone}; name an earlier one")
    night = Night(as_of=as_of, now=moment, data=data.resolve(), runs=runs.resolve())
    tonight = shop.on(as_of.run_date)
    return Plan(
        night=night, shop=tonight, shop_file=shop_file, origin=origin, started_by=started_by or logged_in_user()
    )


def run_night(plan: Plan) -> dict[str, Any]:
    """Run every step in its order and return the outcome, with the seconds of each step."""
    seconds: dict[str, float] = {}
    outcome: dict[str, Any] = {}
    with run_folder.run_lock(plan.night.runs):
        for name, step in STEPS.items():
            started = time.perf_counter()
            outcome = step(plan) or outcome
            seconds[name] = round(time.perf_counter() - started, 2)
    files.write_json(plan.night.runs / "logs" / f"{plan.night.run_date}.json", {"seconds": seconds})
    return {**outcome, "seconds": seconds}


def run_step(name: str, plan: Plan) -> dict[str, Any] | None:
    """Run one step by its name, as a DAG task does; no other nightly may build in the same runs folder meanwhile."""
    with run_folder.run_lock(plan.night.runs):
        if name not in ("import_sources", "snapshot"):  # of which the latter begins anew
            run_folder.reopen(plan.night.published, plan.night.built)
        return STEPS[name](plan)


def check_configuration(plan: Plan) -> None:
    """Check segments with their examples, templates with theirs, and thresholds, before the night begins.

    Raises ConfigurationInvalid, naming file, key and fix.
    """
    audiences.load_segments(plan.shop.root / "segments", plan.shop.programs)
    content.load_templates(plan.shop.root / "templates", plan.shop)
    readiness.limits_of(plan.shop.thresholds)
    for peak in plan.shop.peaks:
        readiness.limits_of(plan.shop.on(peak.from_on).thresholds)
    journey.check_states(plan.shop.next_steps)


def import_sources(plan: Plan) -> None:
    """Take in the exports of the shop's systems, where shop.toml names any, into the data folder."""
    if plan.shop.sources:
        import_configured(plan.shop, SYSTEMS, out=plan.night.data, now=plan.night.now)


def snapshot(plan: Plan) -> None:
    """Check what came in, keep what was known that night, and freeze what the state database knew before it."""
    night, shop = plan.night, plan.shop
    check_configuration(plan)
    run_folder.begin(night.published, night.built)
    taken = take_snapshot(
        data=night.data,
        out=night.snapshot,
        cutoff=night.as_of.cutoff,
        now=night.now,
        max_bad_share=shop.imports.max_bad_share,
    )
    quarantine = pa.concat_tables([quarantined_by_imports(night.data), taken.quarantine])
    files.write_parquet(night.built / "quarantine.parquet", quarantine)
    files.write_json(night.built / "inputs" / "sources.json", _sources(taken, night))
    engine = open_state(plan)
    before = state.read_state_before(engine, night.run_date)
    for name in STATE_INPUTS:
        files.write_parquet(night.built / "inputs" / f"{name}.parquet", getattr(before, name))
    files.write_parquet(night.built / UNSUBSCRIBES_BEFORE, read_unsubscribes(engine, before=night.as_of.cutoff))


def readiness_rules(shop: Shop) -> readiness.Rules:
    """Return what a shop's settings say of readiness."""
    return readiness.Rules(
        programs=shop.programs, thresholds=shop.thresholds, timezone=shop.timezone, next_steps=shop.next_steps
    )


def check_readiness(plan: Plan) -> None:
    """Work out what happened to each parcel, then whether delivery, returns and support can be trusted."""
    night, shop = plan.night, plan.shop
    with Warehouse(spill=night.built / ".spill") as warehouse:
        warehouse.load_canonical(night.snapshot)
        journey.build_journey(warehouse, cutoff=night.as_of.cutoff, timezone=shop.timezone)
        for file in journey.JOURNEY_FILES:
            files.write_parquet(night.built / file.path, warehouse.table(file.table, order_by=file.key))
        found = readiness.check_readiness(
            warehouse,
            run_date=night.run_date,
            cutoff=night.as_of.cutoff,
            present=frozenset(_sources_read(night)["present"]),
            rules=readiness_rules(shop),
            history=pq.read_table(night.built / "inputs" / "verdict_history.parquet"),
        )
    files.write_parquet(night.built / "readiness.parquet", found.table)
    said = {"programs": _program_verdicts(found), "all_marketing_held": found.all_marketing_held}
    files.write_json(night.built / "programs.json", said)


def score(plan: Plan) -> None:
    """Say who will need what, when, and how sure we are. Never gated."""
    night = plan.night
    model = newest_model(plan.shop.models, before=night.run_date, features=scoring.REORDER_FEATURES)
    with _warehouse(night) as warehouse:
        scores = scoring.score(warehouse, run_date=night.run_date, cutoff=night.as_of.cutoff, learned=model.fitted)
    files.write_json(night.built / RANKED, {**used_scores(model), "model": model.facts})
    for file, table in zip(SCORES.values(), (scores.candidates, scores.replenishment, scores.customers), strict=True):
        files.write_parquet(night.built / file, table)


def used_scores(model: Model) -> dict[str, str]:
    """Return which score ranks candidates and which foretells what is bought again, learned or explainable, and why."""
    learned: scoring.Learned | None = model.fitted
    return {
        "ranked_by": "learned" if learned and learned.ranker else "explainable",
        "why": model.why["ranking"],
        "foretold_by": "learned" if learned and learned.reorder else "explainable",
        "foretold_why": model.why["reordering"],
    }


def build_audiences(plan: Plan) -> None:
    """Decide, for everyone a segment contains, whether they hear from the shop tonight, and why or why not."""
    night, shop = plan.night, plan.shop
    with _warehouse(night) as warehouse:
        for table, file in SCORES.items():
            warehouse.load_parquet(table, night.built / file)
        audience = audiences.build_decisions(
            warehouse,
            run_date=night.run_date,
            cutoff=night.as_of.cutoff,
            shop=shop,
            segments=audiences.load_segments(shop.root / "segments", shop.programs),
            readiness=pq.read_table(night.built / "readiness.parquet"),
            sent_before=pq.read_table(night.built / "inputs" / "sent_before.parquet"),
            holdouts_before=pq.read_table(night.built / "inputs" / "holdouts_before.parquet"),
            unsubscribes=pq.read_table(night.built / UNSUBSCRIBES_BEFORE),
        )
    files.write_parquet(night.built / "decisions.parquet", audience.decisions)
    files.write_parquet(night.built / "assignments.parquet", audience.assignments)
    files.write_json(night.built / "inputs" / "guests.json", dict(audience.guests))


def render_content(plan: Plan) -> None:
    """Write what each person would read; what cannot be said truthfully is withheld, with its reason.

    The one next step of every order is written for the tools that speak to its customer besides.
    """
    night, shop = plan.night, plan.shop
    decisions = pq.read_table(night.built / "decisions.parquet")
    with _warehouse(night) as warehouse:
        rendered = content.render_messages(
            decisions,
            products=warehouse.table("products", order_by="sku"),
            customers=warehouse.table("customers", order_by="customer_id"),
            shop=shop,
            templates=shop.root / "templates",
        )
    files.write_parquet(night.built / "messages.parquet", rendered.messages)
    files.write_parquet(night.built / "lint.parquet", rendered.lint)
    files.write_parquet(night.built / "choices.parquet", rendered.choices)
    files.write_parquet(night.built / "decisions.parquet", _withhold(decisions, rendered.withheld))
    steps = pq.read_table(night.built / "journey" / "next_steps.parquet")
    told = content.told_next_steps(steps, shop=shop, run_date=night.run_date)
    files.write_parquet(night.built / "next_steps.parquet", told)
    files.write_csv(night.built / "next_steps.csv", told)


def publish(plan: Plan) -> dict[str, Any]:
    """Write summary, report and manifest, publish the folder, record the run, and tell the shop when it is held."""
    night, shop, engine = plan.night, plan.shop, open_state(plan)
    verdicts = pq.read_table(night.built / "readiness.parquet")
    said = json.loads((night.built / "programs.json").read_text(encoding="utf-8"))
    held = {name: "" if of["is_open"] else " ".join(of["reasons"]) for name, of in said["programs"].items()}
    is_all_held = said["all_marketing_held"]
    counts = _counts(night)
    files.write_parquet(night.built / SUMMARY, summarise(night.built / "decisions.parquet"))
    files.write_text(
        night.built / "report.html", render_report(_facts(plan, held, is_all_held=is_all_held, guests=counts["guests"]))
    )
    run_folder.write_manifest(night.built, _manifest(plan, counts))
    published = run_folder.publish(
        engine,
        built=night.built,
        target=night.published,
        origin=plan.origin,
        started_by=plan.started_by,
        now=night.now,
        is_held=is_all_held,
    )
    state.record_holdouts(engine, night.run_date, pq.read_table(night.published / "assignments.parquet"))
    state.record_verdicts(engine, night.run_date, verdicts)
    why = "; ".join(f"{name}: {reason}" for name, reason in held.items() if reason)
    if is_all_held:
        alerts.send_alert(shop.alerts, kind="held", night=night.run_date, reason=why, now=night.now, engine=engine)
    retention.prune(
        engine, runs_folder=night.runs, nights=shop.retention.nights, run_date=night.run_date, now=night.now
    )
    return {
        "run": str(night.published),
        "shop": str(plan.shop_file),
        "digest": published.digest,
        "is_new": published.is_new,
        "is_all_held": is_all_held,
        "held": held,
        "why": why,
        "counts": counts,
        "bytes": retention.disk_use(night.runs)[night.run_date],
    }


def outcome_text(outcome: Mapping[str, Any]) -> str:
    """Return a night's outcome in a few lines for the terminal."""
    counts = outcome["counts"]
    lines = [f"Run folder  {outcome['run']}", f"Report      {outcome['run']}/report.html"]
    for program, why in outcome["held"].items():
        verdicts = counts["decisions"].get(program, {})
        lines.append(f"{program:<14} {sum(verdicts.values()):>8,} considered {verdicts.get('send', 0):>8,} to send")
        lines.extend([f"  HELD: {why}"] if why else [])
    lines.append(f"Disk use    {outcome['bytes'] / 1e6:,.1f} MB for this night")
    lines.append(f"Seconds     {', '.join(f'{name} {took:g}' for name, took in outcome['seconds'].items())}")
    if outcome["is_all_held"]:
        lines.append("Every marketing program is held: nothing to approve.")
    else:
        shop = f" --shop {outcome['shop']}" if outcome.get("shop", "shop.toml") != "shop.toml" else ""
        lines.append(f"Review      postlude review approve --run {outcome['run']}{shop}")
    return "\n".join(lines)


STEPS: dict[str, Callable[[Plan], dict[str, Any] | None]] = {
    "import_sources": import_sources,
    "snapshot": snapshot,
    "check_readiness": check_readiness,
    "score": score,
    "build_audiences": build_audiences,
    "render_content": render_content,
    "publish": publish,
}


def open_state(plan: Plan) -> Engine:
    """Return the state database of the plan's shop, migrated."""
    engine = state.open_state(state.state_url(plan.shop.state_url, plan.night.runs))
    state.migrate(engine)
    return engine


def load_night(warehouse: Warehouse, *, snapshot: Path, run: Path) -> None:
    """Load a night's canonical tables and, from its run folder, what happened to each parcel."""
    warehouse.load_canonical(snapshot)
    for file in journey.JOURNEY_FILES:
        warehouse.load_parquet(file.table, run / file.path)


def _warehouse(night: Night) -> Warehouse:
    warehouse = Warehouse(spill=night.built / ".spill")
    load_night(warehouse, snapshot=night.snapshot, run=night.built)
    return warehouse


def _sources(taken: Snapshot, night: Night) -> dict[str, Any]:
    """Return what came in, as the run folder keeps it."""
    marker = night.data / simulation.MARKER
    return {
        "present": list(taken.present),
        "missing": list(taken.missing),
        "tables": {name: asdict(counts) for name, counts in taken.counts.items()},
        "extra_columns": {name: list(columns) for name, columns in taken.extra_columns.items()},
        "unknown_files": list(taken.unknown_files),
        "imports": imports_told(night.data),
        "simulated": json.loads(marker.read_text(encoding="utf-8"))["tables"] if marker.exists() else [],
    }


def _sources_read(night: Night) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((night.built / "inputs" / "sources.json").read_text(encoding="utf-8"))
    return content


def _program_verdicts(found: readiness.Readiness) -> dict[str, Any]:
    return {
        name: {"is_open": verdict.is_open, "verdict": verdict.verdict, "reasons": list(verdict.reasons)}
        for name, verdict in found.program_verdicts.items()
    }


def _withhold(decisions: pa.Table, withheld: pa.Table) -> pa.Table:
    """Return the decisions with those that could not be written truthfully turned from send to no_data."""
    if withheld.num_rows == 0:
        return decisions
    with Warehouse() as warehouse:
        warehouse.load_arrow("decided", decisions)
        warehouse.load_arrow("withheld", withheld)
        return warehouse.connection.sql(
            "SELECT d.* REPLACE (CASE WHEN w.reason IS NULL THEN d.verdict ELSE 'no_data' END AS verdict, "
            "CASE WHEN w.reason IS NULL THEN d.reasons "
            "ELSE list_prepend('content:' || w.reason, d.reasons) END AS reasons) "
            "FROM decided AS d LEFT JOIN withheld AS w USING (customer_id, program, subject) "
            "ORDER BY customer_id, program, subject"
        ).to_arrow_table()


def _counts(night: Night) -> dict[str, Any]:
    """Return the manifest's counts; what goes into each stage comes out of it, or the night stops here."""
    decisions = pq.read_table(night.built / "decisions.parquet", columns=["program", "verdict"])
    messages = pq.read_metadata(night.built / "messages.parquet").num_rows
    tables = _sources_read(night)["tables"]
    verdicts = verdict_counts(decisions)
    sends = sum(counts.get("send", 0) for counts in verdicts.values())
    if sends != messages:
        raise AssertionError(f"{sends} decisions say send, but {messages} messages were written")
    for name, table in tables.items():
        if table["rows_in"] != table["kept"] + table["later"] + table["quarantined"]:
            raise AssertionError(f"{name}: rows in, kept, later and quarantined do not add up")
    return {
        "tables": tables,
        "decisions": verdicts,
        "considered": decisions.num_rows,
        "messages": messages,
        "guests": json.loads((night.built / "inputs" / "guests.json").read_text(encoding="utf-8")),
        "scores": {name: pq.read_metadata(night.built / file).num_rows for name, file in SCORES.items()},
    }


def _manifest(plan: Plan, counts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the manifest tells beside the files: counts, versions, and by which settings it was built."""
    root = plan.shop.root
    written = [*sorted((root / "segments").glob("*.toml")), *sorted((root / "templates").rglob("*.*"))]
    shaping = plan.shop.model_dump_json(exclude=NOT_SHAPING)
    salt = plan.shop.holdout.salt.encode()
    return {
        "shop": plan.shop.name,
        "counts": counts,
        "versions": {"postlude": __version__, **{name: version(name) for name in ENGINES}},
        "settings": {
            "shop.toml": hashlib.sha256(shaping.encode()).hexdigest(),
            **{str(path.relative_to(root)): files.file_digest(path) for path in written},
        },
        "seeds": {"holdout_salt": hashlib.sha256(salt).hexdigest()},
    }


def _facts(plan: Plan, held: Mapping[str, str], *, is_all_held: bool, guests: Mapping[str, int]) -> RunFacts:
    """Return what the report tells, read from the files of the night."""
    night, shop = plan.night, plan.shop
    sources = _sources_read(night)
    orders = pq.read_table(night.built / "journey" / "orders.parquet", columns=["placed_at"])["placed_at"]
    days = pc.value_counts(orders.cast(pa.date32())).to_pylist()
    run = f"runs/{night.run_date}"  # as the commands name it by default: the bytes do not depend on where the runs lie
    # In the demo time stands still, so the export is told that the next noon has come.
    demo_time = f" --now {night.run_date + timedelta(days=1)}T12:00" if shop.is_demo else ""
    return RunFacts(
        shop_name=shop.name,
        peaks=[f"{peak.name} ({peak.from_on} to {peak.to_on})" for peak in shop.peaks_on(night.run_date)],
        timezone=shop.timezone,
        run_date=night.run_date,
        simulated=sources["simulated"],
        sources=[{"table": name, **counts} for name, counts in sources["tables"].items()],
        missing=sources["missing"],
        passed_over=sources["unknown_files"],
        imports=sources["imports"],
        orders_by_day={row["values"]: row["counts"] for row in days},
        quarantine=pq.read_table(night.built / "quarantine.parquet"),
        readiness=pq.read_table(night.built / "readiness.parquet"),
        verdict_history=pq.read_table(night.built / "inputs" / "verdict_history.parquet"),
        check_units={name: str(check.unit) for name, check in readiness.CHECKS.items()},
        replenishment=pq.read_table(night.built / SCORES["replenishment"], columns=["basis", "due_on"]),
        ranked=json.loads((night.built / RANKED).read_text(encoding="utf-8")),
        candidate_count=pq.read_metadata(night.built / SCORES["candidates"]).num_rows,
        customer_count=pq.read_metadata(night.built / SCORES["customers_scores"]).num_rows,
        decisions=pq.read_table(night.built / "decisions.parquet", columns=list(REPORTED)),
        messages=pq.read_table(night.built / "messages.parquet"),
        choices=pq.read_table(night.built / "choices.parquet"),
        programs={name: held.get(name, "") for name in shop.programs},
        is_all_held=is_all_held,
        guests=guests,
        reasons={code: (reason.says, reason.released) for code, reason in audiences.REASONS.items()},
        next_commands=(
            f"postlude review approve --run {run}",
            f"postlude export --run {run} --data {'demo/data' if shop.is_demo else 'DATA'}{demo_time}",
        ),
    )
