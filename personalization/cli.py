"""The command line: arguments only. Every command calls one function of ``pipeline`` and prints what it returns."""

import json
import os
import sys
import traceback
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from personalization import __version__, audiences, looking, morning, pipeline, preparation, progress, proofs, reviewing
from personalization.errors import EXIT_ALL_HELD, EXIT_UNFORESEEN, EXIT_WRONG_USE, PostludeError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Post-delivery messaging that waits until delivery, returns and support can be trusted.",
)
people = typer.Typer(no_args_is_help=True, help="See whom imports took for one person, and part them.")
segments = typer.Typer(no_args_is_help=True, help="Look at the shop's segments.")
templates = typer.Typer(no_args_is_help=True, help="Take the shop's templates elsewhere.")
review = typer.Typer(no_args_is_help=True, help="See what waits for a person, and decide.")
exports = typer.Typer(no_args_is_help=True, help="Stop and start all exports, and send test messages.")
unsubscribe = typer.Typer(no_args_is_help=True, help="Answer the unsubscribe links of the shop's messages.")
state = typer.Typer(no_args_is_help=True, help="Look after the state database.")
app.add_typer(people, name="people")
app.add_typer(segments, name="segments")
app.add_typer(templates, name="templates")
app.add_typer(review, name="review")
app.add_typer(exports, name="exports")
app.add_typer(unsubscribe, name="unsubscribe")
app.add_typer(state, name="state")

ShopFile = Annotated[Path, typer.Option("--shop", help="The shop's settings.", envvar="POSTLUDE_SHOP")]
Data = Annotated[Path, typer.Option("--data", help="Folder of canonical tables.", envvar="POSTLUDE_DATA")]
Runs = Annotated[Path, typer.Option("--runs", help="Folder of the run folders.", envvar="POSTLUDE_RUNS")]
RunFolder = Annotated[Path, typer.Option("--run", help="One run folder, such as runs/2011-11-20.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Models = Annotated[Path | None, typer.Option("--models", help="Folder of the trained models.")]
Night = Annotated[
    str | None, typer.Option("--date", help="The night, YYYY-MM-DD. Default: the demo's, else yesterday.")
]
Now = Annotated[str | None, typer.Option("--now", help="The time, ISO 8601, UTC. Default: the demo's, else the clock.")]
SHOP, RUNS = Path("shop.toml"), Path("runs")


@app.command()
def nightly(
    data: Data, date_: Night = None, now: Now = None, runs: Runs = RUNS, shop: ShopFile = SHOP, as_json: AsJson = False
) -> None:
    """Run one night without Airflow: check, gate, score, build audiences and content, publish for review."""
    plan = pipeline.plan_night(shop_file=shop, data=data, runs=runs, run_date=_date(date_), now=_time(now))
    outcome = pipeline.run_night(plan)
    _print(outcome, as_json=as_json, text=pipeline.outcome_text(outcome))
    if outcome["is_all_held"]:
        raise typer.Exit(EXIT_ALL_HELD)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Where to put it.")] = Path("demo/data"), shop: ShopFile = SHOP
) -> None:
    """Prepare the demo shop: real purchases, simulated parcels, tickets and consents."""
    typer.echo(preparation.prepare_demo_shop(shop_file=shop, out=out))


@app.command()
def simulate(
    out: Annotated[Path, typer.Option("--out", help="The data folder to write.")],
    customers: Annotated[int, typer.Option("--customers", help="How many customers.")] = 10_000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same world.")] = 1,
    days: Annotated[
        int | None, typer.Option("--days", help="How long the world lasts. Default: 730, or as the purchases do.")
    ] = None,
    systems: Annotated[
        str, typer.Option("--as", help="Systems whose exports to write too, such as shopify,aftership.")
    ] = "",
    onto: Annotated[
        Path | None, typer.Option("--onto", help="A data folder whose purchases to use; --customers then says nothing.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate a shop with everything that goes wrong, and the truth beside it."""
    asked = preparation.WorldOrder(customers=customers, seed=seed, days=days, out=out, systems=systems, onto=onto)
    with progress.shown_steps() as on_step:
        report = preparation.simulate_shop(asked, on_step=on_step)
    _print(report["content"], as_json=as_json, text=report["text"])


@app.command("import")
def import_(
    system: Annotated[str, typer.Argument(help="Whose export it is, such as shopify or aftership.")],
    files: Annotated[list[Path] | None, typer.Argument(help="The exported files, in any order.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="The data folder to write.")] = None,
    mapping: Annotated[Path | None, typer.Option(help="Of generic: what stands in which column.")] = None,
    suggest: Annotated[bool, typer.Option("--suggest", help="Of generic: print a mapping for one file.")] = False,
    exported_at: Annotated[
        str | None,
        typer.Option("--exported-at", help="When the files were made, UTC. Default: each file's own time."),
    ] = None,
    product_types: Annotated[
        Path | None, typer.Option(help="Of online-retail: CSV that says what kind of product each is.")
    ] = None,
    now: Now = None,
    shop: ShopFile = SHOP,
    as_json: AsJson = False,
) -> None:
    """Turn a system's export into canonical tables, beside what was imported before."""
    if suggest:
        text = preparation.suggest_mapping(system, files or [], shop_file=shop)
        _print({"mapping": text}, as_json=as_json, text=text)
        return
    if out is None:
        raise typer.BadParameter("name the data folder to write", param_hint="--out")
    asked = preparation.ImportOrder(
        system=system,
        files=files or [],
        out=out,
        mapping=mapping,
        exported_at=_time(exported_at, "--exported-at"),
        product_types=product_types,
        now=_time(now),
        shop_file=shop,
    )
    with progress.shown_steps() as on_step:
        report = preparation.import_export(asked, on_step=on_step)
    _print(report["content"], as_json=as_json, text=report["text"])


@app.command()
def readiness(
    data: Data,
    date_: Night = None,
    now: Now = None,
    nights: Annotated[
        int | None,
        typer.Option("--nights", min=1, max=366, help="Say when gates closed and opened on the last nights."),
    ] = None,
    runs: Runs = RUNS,
    shop: ShopFile = SHOP,
    as_json: AsJson = False,
) -> None:
    """Print each readiness check with its evidence, as of a night; or what past nights would have said."""
    plan = pipeline.plan_night(shop_file=shop, data=data, runs=runs, run_date=_date(date_), now=_time(now))
    if nights is not None:
        replayed = looking.replay_report(plan, nights=nights)
        _print(replayed["nights"], as_json=as_json, text=replayed["text"])
        return
    result = looking.readiness_report(plan)
    _print(result["checks"], as_json=as_json, text=result["text"])
    if result["is_all_held"]:
        raise typer.Exit(EXIT_ALL_HELD)


@app.command()
def diagnose(
    data: Data,
    date_: Night = None,
    now: Now = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write it to a file: .html, .md or .json.")] = None,
    earlier: Annotated[Path | None, typer.Option("--compare", help="JSON of an earlier diagnosis.")] = None,
    runs: Runs = RUNS,
    shop: ShopFile = SHOP,
    as_json: AsJson = False,
) -> None:
    """Say what leaks money after the checkout, what to mend first, and which programs should wait."""
    plan = pipeline.plan_night(shop_file=shop, data=data, runs=runs, run_date=_date(date_), now=_time(now))
    report = looking.diagnosis_report(plan, out=out, earlier=earlier)
    _print(report["content"], as_json=as_json, text=report["text"])


@app.command()
def doctor(
    data: Data, date_: Night = None, now: Now = None, runs: Runs = RUNS, shop: ShopFile = SHOP, as_json: AsJson = False
) -> None:
    """Say what a data folder has and lacks, and which command to type next."""
    plan = pipeline.plan_night(shop_file=shop, data=data, runs=runs, run_date=_date(date_), now=_time(now))
    report = looking.doctor_report(plan)
    _print(report["content"], as_json=as_json, text=report["text"])


@app.command()
def train(
    data: Data,
    models: Models = None,
    date_: Night = None,
    now: Now = None,
    shop: ShopFile = SHOP,
    as_json: AsJson = False,
) -> None:
    """Train the ranker on past nights and judge it against the explainable score; once a week is enough."""
    plan = pipeline.plan_night(shop_file=shop, data=data, runs=data, run_date=_date(date_), now=_time(now))
    report = looking.train(plan, models=models or plan.shop.models)
    _print(report["content"], as_json=as_json, text=report["text"])


@app.command()
def score(
    data: Data,
    out: Annotated[Path, typer.Option("--out", help="Folder for the score files.")],
    models: Models = None,
    date_: Night = None,
    now: Now = None,
    shop: ShopFile = SHOP,
    as_json: AsJson = False,
) -> None:
    """Score any canonical data folder; never gated. Without a fitting model one is trained first, beside the scores."""
    plan = pipeline.plan_night(shop_file=shop, data=data, runs=out, run_date=_date(date_), now=_time(now))
    report = looking.score_folder(plan, out=out, models=models or out / "models")
    _print(report["content"], as_json=as_json, text=report["text"])


@app.command()
def explain(customer: str, run: RunFolder, as_json: AsJson = False) -> None:
    """Say in plain English what was decided for one customer, and why; as JSON the rows of the decision table."""
    text = morning.explain_customer(customer, run=run)
    _print(morning.decisions_of(customer, run=run) if as_json else {}, as_json=as_json, text=text)


@people.command("list")
def people_list(data: Data, as_json: AsJson = False) -> None:
    """List accounts and profiles that imports joined to a customer, with the rule; ids only."""
    found = preparation.list_joined(data)
    lines = (
        f"{row['system'] or row['kind']} {row['own_id']} is {row['customer_id']} ({row['reason']})" for row in found
    )
    _print(found, as_json=as_json, text="\n".join(lines) or "Nobody was joined to another customer.")


@people.command("apart")
def people_apart(one: str, other: str, data: Data, now: Now = None, shop: ShopFile = SHOP) -> None:
    """Keep two customers apart from now on, by their ids, and work out the tables anew."""
    typer.echo(preparation.part_customers(one, other, data=data, shop_file=shop, now=_time(now)))


@segments.command("check")
def segments_check(shop: ShopFile = SHOP) -> None:
    """Check every segment and its examples."""
    typer.echo(morning.check_segments(shop))


@segments.command("list")
def segments_list(shop: ShopFile = SHOP, as_json: AsJson = False) -> None:
    """List the segments."""
    found = morning.list_segments(shop)
    lines = (f"{item['name']:32} {item['program']:14} {item['owner']:36} {item['friendly_name']}" for item in found)
    _print(found, as_json=as_json, text="\n".join(lines))


@segments.command("preview")
def segments_preview(
    name: str,
    run: Annotated[Path | None, typer.Option("--run", help="A run folder. Default: the newest in --runs.")] = None,
    runs: Runs = RUNS,
    shop: ShopFile = SHOP,
    as_json: AsJson = False,
) -> None:
    """Show what a segment, as its file stands now, holds on a night: size, change, overlap, and who for example."""
    preview = morning.preview_segment(name, shop_file=shop, runs=runs, run=run)
    _print(asdict(preview), as_json=as_json, text=audiences.preview_text(preview))


@templates.command("export")
def templates_export(
    vendor: Annotated[str, typer.Option("--for", help="klaviyo, braze, customerio, sendgrid or mailchimp.")],
    out: Annotated[Path, typer.Option("--out", help="The folder to write.")],
    shop: ShopFile = SHOP,
) -> None:
    """Write every template in an ESP's own template language, to be pasted there."""
    typer.echo(proofs.export_templates(vendor, shop_file=shop, out=out))


@app.command()
def preview(
    template: Annotated[str | None, typer.Argument(help="Such as replenishment/one.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Every template in every language.")] = False,
    language: Annotated[str | None, typer.Option("--language", help="Such as de. Default: every one.")] = None,
    example: Annotated[str | None, typer.Option("--example", help="One of the template's examples, by name.")] = None,
    customer: Annotated[str | None, typer.Option("--customer", help="What this customer gets; with --run.")] = None,
    run: Annotated[Path | None, typer.Option("--run", help="The run folder of the night.")] = None,
    out: Annotated[Path, typer.Option("--out", help="The page to write.")] = Path("preview.html"),
    is_opened: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    shop: ShopFile = SHOP,
) -> None:
    """Write a page that shows messages by day, by night, on a telephone and as text."""
    if template is None and not all_ and customer is None:
        raise typer.BadParameter("name a template, or --all, or --customer with --run", param_hint="TEMPLATE")
    wanted = proofs.Wanted(template=template, language=language, example=example, customer=customer, run=run)
    count = proofs.preview_messages(wanted, shop_file=shop, out=out)
    typer.echo(f"{count} messages: {out.resolve()}")
    if is_opened:
        typer.launch(str(out.resolve()))


@review.command("list")
def review_list(runs: Runs = RUNS, shop: ShopFile = SHOP, as_json: AsJson = False) -> None:
    """List the runs and what became of them."""
    found = morning.list_runs(shop_file=shop, runs=runs)
    _print(found, as_json=as_json, text=morning.runs_text(found))


@review.command("approve")
def review_approve(run: RunFolder, now: Now = None, shop: ShopFile = SHOP, as_json: AsJson = False) -> None:
    """Approve exactly the messages of a run, as the person who is logged in."""
    decided = morning.approve_run(run, shop_file=shop, now=_time(now))
    _print(decided, as_json=as_json, text=morning.decision_text(decided))


@review.command("reject")
def review_reject(
    run: RunFolder,
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    now: Now = None,
    shop: ShopFile = SHOP,
    as_json: AsJson = False,
) -> None:
    """Reject a run; nothing of it will leave."""
    decided = morning.reject_run(run, reason=reason, shop_file=shop, now=_time(now))
    _print(decided, as_json=as_json, text=morning.decision_text(decided))


@review.command("serve")
def review_serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8081,
    runs: Runs = RUNS,
    shop: ShopFile = SHOP,
) -> None:
    """Serve the review page without Airflow, with a sign-in of its own, until Ctrl-C."""
    typer.echo(f"Review page  http://{host}:{port}   (Ctrl-C stops it)")
    reviewing.serve(shop_file=shop, runs=runs, host=host, port=port)


@review.command("adduser")
def review_adduser(
    name: str,
    role: Annotated[Literal["viewer", "approver"], typer.Option(help="A viewer looks, an approver decides.")],
    runs: Runs = RUNS,
    shop: ShopFile = SHOP,
) -> None:
    """Let somebody sign in to the review page, or change their role and password; the password is asked for."""
    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    typer.echo(reviewing.add_reviewer(name=name, role=role, password=password, shop_file=shop, runs=runs))


@app.command()
def export(
    run: RunFolder,
    data: Data,
    destination: Annotated[
        str | None, typer.Option(help="files or smtp. Default: as [export] destination of the settings says.")
    ] = None,
    now: Now = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would leave; send nothing.")] = False,
    shop: ShopFile = SHOP,
    as_json: AsJson = False,
) -> None:
    """Send what is approved and due, once."""
    report = morning.export_one(
        run, shop_file=shop, data=data, destination=destination, now=_time(now), is_dry_run=dry_run
    )
    _print(report, as_json=as_json, text=morning.export_text(report))


@exports.command("test")
def exports_test(
    run: RunFolder,
    to: Annotated[str, typer.Option(help="One of the addresses in [export] seeds of the settings.")],
    now: Now = None,
    shop: ShopFile = SHOP,
) -> None:
    """Send one message of each kind of a run, marked as a test, to an address of the shop's own."""
    typer.echo(morning.send_test(run, shop_file=shop, to=to, now=_time(now)))


@exports.command("pause")
def exports_pause(
    reason: Annotated[str, typer.Option(help="Why, for the record.")], runs: Runs = RUNS, shop: ShopFile = SHOP
) -> None:
    """Stop all exports at once."""
    typer.echo(morning.switch_exports(shop_file=shop, runs=runs, is_paused=True, reason=reason))


@exports.command("resume")
def exports_resume(
    reason: Annotated[str, typer.Option(help="Why, for the record.")] = "resumed",
    runs: Runs = RUNS,
    shop: ShopFile = SHOP,
) -> None:
    """Let exports go on."""
    typer.echo(morning.switch_exports(shop_file=shop, runs=runs, is_paused=False, reason=reason))


@exports.command("accept-suppressions")
def exports_accept(data: Data, runs: Runs = RUNS, now: Now = None, shop: ShopFile = SHOP) -> None:
    """Confirm that a suppression list which shrank is right, so that exports go on."""
    typer.echo(morning.accept_suppressions(shop_file=shop, data=data, runs=runs, now=_time(now)))


@unsubscribe.command("serve")
def unsubscribe_serve(
    host: Annotated[str, typer.Option(help="The address to listen on; the shop's web server stands in front.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(help="The port to listen on.")] = 8090,
    runs: Runs = RUNS,
    shop: ShopFile = SHOP,
) -> None:
    """Answer until stopped: GET shows a page with a button, POST unsubscribes."""
    morning.serve_unsubscribes(shop_file=shop, runs=runs, host=host, port=port)


@state.command("migrate")
def state_migrate(runs: Runs = RUNS, shop: ShopFile = SHOP) -> None:
    """Bring the state database to this version."""
    typer.echo(morning.migrate_state(shop_file=shop, runs=runs))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not a date such as 2026-11-23", param_hint="--date") from None


def _time(text: str | None, option: str = "--now") -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"'{text}' is not a time such as 2026-11-23T02:00", param_hint=option) from None


def _print(content: Any, *, as_json: bool, text: str) -> None:
    typer.echo(json.dumps(content, indent=2, sort_keys=True, default=str) if as_json else text)


def main() -> None:
    """Run the command line; a known failure is told in its own words, with its exit code.

    Of an unforeseen one only the kind and place are told, for its text may hold a customer's data; with
    POSTLUDE_TRACEBACK=1 it is shown whole.
    """
    os.umask(0o027)  # run folders and exports hold customers' data: nobody but the user and the group reads them
    try:
        app()
    except PostludeError as error:
        typer.echo(f"postlude: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        typer.echo(f"postlude: {error.filename or 'a file'}: {error.strerror or type(error).__name__}", err=True)
        sys.exit(EXIT_WRONG_USE)
    except Exception as error:
        if os.environ.get("POSTLUDE_TRACEBACK"):
            raise
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        typer.echo(f"postlude: unforeseen {type(error).__name__} at {place}; POSTLUDE_TRACEBACK=1 shows more", err=True)
        sys.exit(EXIT_UNFORESEEN)


if __name__ == "__main__":
    main()
