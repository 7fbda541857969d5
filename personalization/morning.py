"""What people do with a night: explain it, decide about it, let it leave, stop it.

Like ``pipeline``, this is where reading, pure code and writing meet; every command and the export DAG call these.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Engine

from personalization import alerts, audiences, content, export, readiness, simulation
from personalization.errors import BadInput, ConfigurationInvalid, PostludeError, WrongUse
from personalization.looking import looked_at
from personalization.people import logged_in_user
from personalization.pipeline import SCORES, load_night, readiness_rules
from personalization.records import AsOf, naive_utc
from personalization.review import approvals, editors
from personalization.settings import Shop, load_shop, suggest
from personalization.sources.importing.feeds import FOLDER as IMPORTS
from personalization.store import retention, run_folder, state
from personalization.store.unsubscribes import read_unsubscribes
from personalization.unsubscribe_links import read_keys
from personalization.warehouse import Warehouse


def decisions_of(customer: str, *, run: Path) -> list[dict[str, Any]]:
    """Return one customer's rows of a night's decision table."""
    run_folder.verify_run(run)
    rows: list[dict[str, Any]] = pq.read_table(
        run / "decisions.parquet", filters=[("customer_id", "=", customer)]
    ).to_pylist()
    return rows


def explain_customer(customer: str, *, run: Path) -> str:
    """Return what was decided for one customer on a night, in sentences that can be read out."""
    run_folder.verify_run(run)
    snapshot = run.resolve().parent / ".snapshot" / run.resolve().name
    return audiences.explain(customer, run=run, snapshot=snapshot)


def check_segments(shop_file: Path) -> str:
    """Check every segment with its examples and return how many are right."""
    shop = load_shop(shop_file)
    found = audiences.load_segments(shop.root / "segments", shop.programs)
    return f"{len(found)} segments are right, and each of their examples is in or out as it says."


def list_segments(shop_file: Path) -> list[dict[str, Any]]:
    """Return name, program, owner and friendly name of each segment."""
    shop = load_shop(shop_file)
    names = ("name", "program", "owner", "friendly_name", "description")
    found = audiences.load_segments(shop.root / "segments", shop.programs)
    return [{name: getattr(segment, name) for name in names} for segment in found]


def preview_segment(name: str, *, shop_file: Path, runs: Path, run: Path | None = None) -> audiences.Preview:
    """Return what a segment, as its file stands now, holds on a published night; the newest one unless *run* says.

    Raises WrongUse where there is no such segment or night, or the night's tables are no longer kept.
    """
    shop = load_shop(shop_file)
    segments = {segment.name: segment for segment in audiences.load_segments(shop.root / "segments", shop.programs)}
    if name not in segments:
        raise WrongUse(f"segments/{name}.toml: no such segment{suggest(name, list(segments))}")
    nights = retention.nights_of(run.resolve().parent if run else runs.resolve())
    if run is None and not nights:
        raise WrongUse(f"{runs}: no published night there; run one with postlude nightly, or name one with --run")
    folder = run.resolve() if run else nights[max(nights)]
    run_folder.verify_run(folder)
    _refuse_other_shop(folder, shop, shop_file)
    snapshot = folder.parent / ".snapshot" / folder.name
    if not snapshot.is_dir():
        raise WrongUse(f"{folder}: the tables of that night are no longer kept; name a newer one with --run")
    night = date.fromisoformat(folder.name)
    earlier = [nights[other] for other in sorted(nights) if other < night][-1:]
    published = [
        (of.name, pq.read_table(of / "decisions.parquet", columns=["customer_id", "segments"]))
        for of in (folder, *earlier)
    ]
    with Warehouse() as warehouse:
        load_night(warehouse, snapshot=snapshot, run=folder)
        for table, file in SCORES.items():
            warehouse.load_parquet(table, folder / file)
        audiences.build_members(
            warehouse,
            run_date=night,
            cutoff=AsOf(run_date=night, timezone=shop.timezone).cutoff,
            shop=shop.on(night),
            segments=list(segments.values()),
            readiness=pq.read_table(folder / "readiness.parquet"),
        )
        return audiences.preview_segment(warehouse, segments[name], published=published)


def list_runs(*, shop_file: Path, runs: Path) -> list[dict[str, Any]]:
    """Return every run with its state: waiting, approved, rejected, sent, expired, held, empty or voided."""
    shop = load_shop(shop_file)
    return [asdict(run) for run in approvals.waiting(existing_state(shop, runs), now=_moment(shop, None))]


def runs_text(found: list[dict[str, Any]]) -> str:
    """Return the runs as lines: night, state, messages, who decided."""
    lines = [
        f"{run['run_date']}  {run['state']:<18} {run['message_count']:>8,} messages  {run['sent_count']:>8,} sent  "
        f"{run['reviewer'] or ''} {run['reason'] or ''}".rstrip()
        for run in found
    ]
    return "\n".join(lines) or "No run was published yet."


def approve_run(run: Path, *, shop_file: Path, now: datetime | None) -> dict[str, Any]:
    """Approve exactly the bytes of a run, as the person who is logged in; return what was recorded."""
    shop = load_shop(shop_file)
    _refuse_other_shop(run, shop, shop_file)
    approval = approvals.approve(
        existing_state(shop, run.resolve().parent),
        run=run,
        reviewer=logged_in_user(),
        now=_moment(shop, now),
        rules=shop.approvals,
        authors=editors.last_editors([shop.root / "segments", shop.root / "templates"]),
    )
    return {"run": str(run), **asdict(approval)}


def _refuse_other_shop(run: Path, shop: Shop, shop_file: Path) -> None:
    """Raise WrongUse where the run is another shop's: whether a second person must approve is that shop's rule."""
    owner = run_folder.verify_run(run).content.get("shop")
    if owner is not None and owner != shop.name:
        raise WrongUse(f"{run}: is a run of '{owner}', but {shop_file} is '{shop.name}'; name its settings with --shop")


def decision_text(decided: Mapping[str, Any]) -> str:
    """Return a decision about a run in one sentence."""
    when = "" if decided["is_new"] else ", as before"
    if decided["decision"] == "reject":
        return f"{decided['run']}: rejected by {decided['reviewer']}{when}. Nothing more of it will leave."
    return f"{decided['run']}: approved by {decided['reviewer']}{when}. It leaves with the next export, in its window."


def reject_run(run: Path, *, reason: str, shop_file: Path, now: datetime | None) -> dict[str, Any]:
    """Reject a run, with the reason for the record; return what was recorded."""
    shop = load_shop(shop_file)
    engine = existing_state(shop, run.resolve().parent)
    decision = approvals.reject(engine, run=run, reviewer=logged_in_user(), reason=reason, now=_moment(shop, now))
    return {"run": str(run), **asdict(decision)}


def export_one(
    run: Path, *, shop_file: Path, data: Path, destination: str | None, now: datetime | None, is_dry_run: bool = False
) -> dict[str, Any]:
    """Send what is approved and due of one run, after checking it again on the newest data; return the counts.

    destination: None is the shop's, ``[export] destination``.
    Raises WrongUse without an approval or for another build, BadInput where the suppression list cannot be trusted.
    """
    shop = load_shop(shop_file)
    way_out = _way_out(destination or shop.export.destination, shop, now=now)
    moment = _moment(shop, now)
    manifest = run_folder.verify_run(run)
    engine = open_state(shop, run.resolve().parent)
    export.refuse_unapproved(engine, run=run, manifest=manifest)
    run_id = run_folder.published_id(engine, run, manifest.digest)
    known = {
        "sent_elsewhere": state.read_sent_elsewhere(engine, run_id=run_id),
        "unsubscribes": read_unsubscribes(engine),
    }
    try:
        with _recheck(run, shop=shop, data=data, now=moment, **known) as recheck:
            report = export.export_run(
                engine,
                run=run,
                shop=shop,
                destination=way_out,
                now=moment,
                recheck=recheck,
                is_dry_run=is_dry_run,
            )
    finally:
        way_out.close()
    where = {"folder": str(shop.root / shop.export.files_dir / run.resolve().name)} if way_out.name == "files" else {}
    return {**report.as_json(), **where}


def export_due(
    *, shop_file: Path, data: Path, runs: Path, destination: str | None = None, now: datetime | None = None
) -> dict[str, Any]:
    """Send what is approved and due of every run that has something left, to the shop's destination by default.

    Alerts where one refuses, and where readiness alone keeps back what is left of one.
    """
    shop = load_shop(shop_file)
    engine = open_state(shop, runs)
    reports: dict[str, Any] = {}
    refused: PostludeError | None = None
    for night in state.approved_nights(engine, run_folder.name_runs_folder(runs)):
        run = runs / night.isoformat()
        try:
            report = export_one(run, shop_file=shop_file, data=data, destination=destination, now=now)
            reports[run.name] = report
            held = _held_by_readiness(report)
            if held:
                alerts.send_alert(
                    shop.alerts, kind="export_failed", night=night, reason=held, now=_moment(shop, now), engine=engine
                )
        except PostludeError as error:
            if error.is_transient:
                raise
            refused = error
            alerts.send_alert(
                shop.alerts, kind="export_failed", night=night, reason=str(error), now=_moment(shop, now), engine=engine
            )
    if refused is not None:
        raise refused
    return reports


def _way_out(name: str, shop: Shop, *, now: datetime | None) -> export.Destination:
    """Return a destination by its name; what the shop lacks for it is told before anything is claimed."""
    known = sorted((export.SMTP, *export.DESTINATIONS))
    if name not in known:
        raise WrongUse(f"--destination {name}: unknown{suggest(name, known)}")
    keys = read_keys() if shop.unsubscribe.url else ()
    if name != export.SMTP:
        return export.DESTINATIONS[name]
    return export.make_smtp(
        shop=shop,
        keys=keys,
        render=_renderer(shop),
        connection=export.read_connection(tls=shop.export.smtp.tls),
        clock=lambda: _moment(shop, now),
    )


def _renderer(shop: Shop) -> Callable[[Mapping[str, Any]], tuple[str, str]]:
    return partial(content.render_again, templates=content.load_templates(shop.root / "templates", shop))


def send_test(run: Path, *, shop_file: Path, to: str, now: datetime | None) -> str:
    """Send one message of each kind of a run to one of the shop's seed addresses; return what was sent, in a sentence.

    Nothing of it is in the ledger, and the run needs no approval. Raises WrongUse for another address.
    """
    shop = load_shop(shop_file)
    _refuse_other_shop(run, shop, shop_file)
    if to not in shop.export.seeds:
        raise WrongUse(f"--to: test messages go only to addresses that stand in [export] seeds of {shop_file}")
    connection = export.read_connection(tls=shop.export.smtp.tls)
    sources = json.loads((run / "inputs" / "sources.json").read_text(encoding="utf-8"))
    if (shop.is_demo or sources["simulated"]) and not connection.is_local:
        raise WrongUse("demo data go only to files and to a mail server on this machine")
    sent = export.send_to_seed(
        export.one_of_each(pq.read_table(run / run_folder.MESSAGES)),
        to=to,
        shop=shop,
        keys=read_keys() if shop.unsubscribe.url else (),
        render=_renderer(shop),
        connection=connection,
        now=_moment(shop, now),
    )
    return f"{run}: {sent} test messages sent, one of each program, variant and language."


def _held_by_readiness(report: dict[str, Any]) -> str | None:
    """Return, as a sentence, that nothing left because readiness holds whole programs; None where it was not so.

    A reason with a scope, ``readiness:<check>:carrier:<name>``, concerns single orders: such a rest is no alarm.
    """
    reasons = report["reasons"].items()
    checks = {reason: count for reason, count in reasons if reason.startswith("readiness:") and reason.count(":") == 1}
    if report["sent"] or not checks:
        return None
    said = ", ".join(f"{reason.removeprefix('readiness:')} {count:,}" for reason, count in sorted(checks.items()))
    return (
        f"Nothing left: the data folder as it is now does not pass readiness ({said}). Mend it while the messages' "
        "window is open; the next export sends them."
    )


def export_text(report: dict[str, Any]) -> str:
    """Return an export's counts as a table; they add up to the approved."""
    names = ("approved", "sent", "already_sent", "not_due", "expired", "withheld", "rejected", "unknown", "paused")
    lines = [f"{name.replace('_', ' '):<14} {report[name]:>8,}" for name in names]
    lines += [f"  {reason:<30} {count:>6,}" for reason, count in sorted(report["reasons"].items())]
    if report["paused"]:
        lines.append("All exports are paused; `postlude exports resume` lets them go on.")
    if "folder" in report and report["batches"]:
        lines.append(f"Files          {report['folder']}")
    title = "What would leave" if report["is_dry_run"] else "What left"
    return "\n".join([f"{title}: night {report['run_date']} to {report['destination']}", *lines])


def switch_exports(*, shop_file: Path, runs: Path, is_paused: bool, reason: str) -> str:
    """Stop or start every export, in Airflow and on the command line."""
    shop = load_shop(shop_file)
    switch = export.pause_exports if is_paused else export.resume_exports
    switch(existing_state(shop, runs), changed_by=logged_in_user(), reason=reason, now=_moment(shop, None))
    return "All exports are paused." if is_paused else "Exports go on."


def accept_suppressions(*, shop_file: Path, data: Path, runs: Path, now: datetime | None) -> str:
    """Take the suppression list's length as it is now for right; the next export compares with it."""
    shop = load_shop(shop_file)
    moment = _moment(shop, now)
    with looked_at(data, shop=shop, cutoff=moment, now=moment) as (warehouse, taken):
        if "suppressions" not in taken.present:
            raise BadInput(f"{data}: no suppressions table; a list that is not there cannot be confirmed")
        counts = _counts_by_channel(warehouse.table("suppressions", order_by="address_hash, channel"))
    export.accept_suppression_counts(open_state(shop, runs), counts, counted_at=moment)
    said = ", ".join(f"{channel} {count:,}" for channel, count in sorted(counts.items()))
    return f"Taken for right: {said or 'an empty list'}."


def serve_unsubscribes(*, shop_file: Path, runs: Path, host: str, port: int) -> None:
    """Answer the unsubscribe links of the shop's messages until stopped.

    Raises ConfigurationInvalid without ``[unsubscribe] url`` or without keys, before anything is opened.
    """
    shop = load_shop(shop_file)
    if shop.unsubscribe.url is None:
        raise ConfigurationInvalid(
            f"{shop_file}: unsubscribe.url: is required; the address at which this app is reached"
        )
    keys = read_keys()
    from personalization import unsubscribe  # the web server's libraries are needed here alone

    app = unsubscribe.make_app(shop=shop, engine=open_state(shop, runs), keys=keys, clock=lambda: _moment(shop, None))
    unsubscribe.serve(app, host=host, port=port)


def migrate_state(*, shop_file: Path, runs: Path) -> str:
    """Bring the state database to this version."""
    open_state(load_shop(shop_file), runs)
    return "The state database is up to date."


def watch_nights(*, shop_file: Path, runs: Path, now: datetime | None = None) -> list[str]:
    """Alert about a night that is late or missing; return what was found."""
    shop = load_shop(shop_file)
    engine, moment = open_state(shop, runs), _moment(shop, now)
    found = alerts.late_or_missed(engine, now=moment, shop=shop)
    for night, kind in found:
        reason = "No run was published for it. Look at the DAG postlude_nightly, or run `postlude nightly` by hand."
        alerts.send_alert(shop.alerts, kind=kind, night=night, reason=reason, now=moment, engine=engine)
    return [f"{night}: {kind}" for night, kind in found]


def alert_failure(
    *,
    shop_file: Path,
    runs: Path,
    task: str,
    reason: str,
    kind: alerts.AlertKind = "failed",
    night: date | None = None,
) -> None:
    """Tell the shop that a task failed for good; of last night where *night* is not known."""
    shop = load_shop(shop_file)
    moment = _moment(shop, None)
    which = night or moment.date() - timedelta(days=1)
    # Not migrated first: that the state database cannot be reached may be the news.
    engine = state.open_state(state.state_url(shop.state_url, runs))
    alerts.send_alert(shop.alerts, kind=kind, night=which, reason=f"{task}: {reason}", now=moment, engine=engine)


def existing_state(shop: Shop, runs: Path) -> Engine:
    """Return the shop's state database; in a folder where no night was run there is none, and none is made.

    Raises WrongUse there.
    """
    url = state.state_url(shop.state_url, runs)
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        raise WrongUse(f"{runs}: no night was run there, so it has no state database; name the folder with --runs")
    return open_state(shop, runs)


def open_state(shop: Shop, runs: Path) -> Engine:
    """Return the shop's state database, migrated."""
    engine = state.open_state(state.state_url(shop.state_url, runs))
    state.migrate(engine)
    return engine


def _moment(shop: Shop, now: datetime | None) -> datetime:
    """Return the time to act at: the given one, else the demo's, else the clock's."""
    return naive_utc(now or shop.now or datetime.now(UTC))


@contextmanager
def _recheck(
    run: Path, *, shop: Shop, data: Path, now: datetime, sent_elsewhere: pa.Table, unsubscribes: pa.Table
) -> Iterator[export.Recheck]:
    """Yield what the newest data say of a run's people: readiness and every rule of the audiences, asked again now.

    sent_elsewhere: what left, or may have left, for them from other runs, of this night too. unsubscribes: all who have
    unsubscribed by a message's link until now.
    """
    run_date = date.fromisoformat(run.resolve().name)
    shop = shop.on(run_date)
    with looked_at(data, shop=shop, cutoff=now, now=now) as (warehouse, taken):
        verdicts = readiness.check_readiness(
            warehouse,
            run_date=run_date,
            cutoff=now,
            present=frozenset(taken.present),
            rules=readiness_rules(shop),
            history=pq.read_table(run / "inputs" / "verdict_history.parquet"),
        )
        for table, file in SCORES.items():
            warehouse.load_parquet(table, run / file)
        audience = audiences.build_decisions(
            warehouse,
            run_date=run_date,
            cutoff=now,
            shop=shop,
            segments=audiences.load_segments(shop.root / "segments", shop.programs),
            readiness=verdicts.table,
            sent_before=sent_elsewhere,
            holdouts_before=pq.read_table(run / "inputs" / "holdouts_before.parquet"),
            unsubscribes=unsubscribes,
            moment=now,
        )
        suppressions = warehouse.table("suppressions", order_by="address_hash, channel")
        yield export.Recheck(
            decisions=audience.decisions.select(["customer_id", "program", "subject", "verdict", "reasons", "skus"]),
            customers=warehouse.table("customers", order_by="customer_id").select(["customer_id", "email"]),
            products=warehouse.table("products", order_by="sku").select(["sku", "status", "is_in_stock"]),
            has_suppressions="suppressions" in taken.present,
            suppressions_learned_at=_learned_at(data, suppressions, now),
            suppression_counts=_counts_by_channel(suppressions),
            is_simulated=(data / simulation.MARKER).exists(),
        )


def _learned_at(data: Path, suppressions: pa.Table, now: datetime) -> datetime | None:
    """Return when the suppression list was last delivered: its newest row, or its file, whichever is later.

    A list without a new entry is still fresh when its file is. A file written after *now* tells nothing of *now*; None
    where nothing else tells either. The rows of imported exports tell when they were imported, not when the list was
    made, so there the file's time counts alone.
    """
    newest = pc.max(pc.coalesce(suppressions["received_at"], suppressions["suppressed_at"])).as_py()
    paths = [path for path in data.glob("suppressions.*") if path.suffix in (".parquet", ".csv", ".jsonl")]
    written = [datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None) for path in paths]
    if (data / IMPORTS / "imports.json").exists() and any(instant <= now for instant in written):
        newest = None
    return max((instant for instant in (newest, *written) if instant is not None and instant <= now), default=None)


def _counts_by_channel(suppressions: pa.Table) -> dict[str, int]:
    return {row["values"]: row["counts"] for row in pc.value_counts(suppressions["channel"]).to_pylist()}
