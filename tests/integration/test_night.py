"""One night of the demo shop, from the command line: what it leaves behind, and that it can be run again."""

import html
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from personalization import morning, pipeline, scoring
from personalization.export import DESTINATIONS, export_run
from personalization.store import files, models, run_folder, state, tables
from tests.conftest import Demo, plan_of
from tests.lib import published_runs as small
from tests.lib.command import postlude

FILES = {
    "readiness.parquet": "check scope program value numerator denominator low high threshold verdict reason",
    "scores/candidates.parquet": "customer_id sku rank score is_repeat",
    "scores/replenishment.parquet": "customer_id sku due_on due_on_early due_on_late buy_probability basis purchases",
    "scores/customers.parquet": (
        "customer_id repeat_probability_90d expected_orders_365d expected_value_365d_cents days_since_order order_count"
    ),
    "decisions.parquet": "customer_id program subject segments verdict reasons order_id skus send_at rival facts",
    "messages.parquet": (
        "message_id customer_id program variant channel order_id locale send_at expires_at subject preheader "
        "properties html text digest"
    ),
    "choices.parquet": "program block chosen facts messages",
    "next_steps.parquet": (
        "order_id customer_id state next_step link title_en sentence_en macro_en sms_en title_de sentence_de macro_de "
        "sms_de earliest_on latest_on counts_until_on"
    ),
}


def digests(run: Path) -> dict[str, str]:
    """Return each file of a run folder with its digest."""
    return {str(path.relative_to(run)): files.file_digest(path) for path in sorted(run.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("name", FILES)
def test_a_run_folder_keeps_to_its_interface(demo: Demo, name: str) -> None:
    """Each table of the run folder starts with the columns that others depend on."""
    wanted = FILES[name].split()

    assert pq.read_schema(demo.run / name).names[: len(wanted)] == wanted


def test_the_counts_add_up(demo: Demo) -> None:
    """What came into each stage came out of it, and the manifest says so."""
    counts = json.loads((demo.run / "manifest.json").read_text())["counts"]

    for table in counts["tables"].values():
        assert table["rows_in"] == table["kept"] + table["later"] + table["quarantined"]
    assert counts["considered"] == sum(sum(verdicts.values()) for verdicts in counts["decisions"].values())
    assert counts["messages"] == sum(verdicts.get("send", 0) for verdicts in counts["decisions"].values())


def test_all_three_programs_have_something_to_send_and_one_scope_is_held(demo: Demo) -> None:
    """The demo shop is healthy but for one carrier, whose orders alone are held."""
    counts = json.loads((demo.run / "manifest.json").read_text())["counts"]["decisions"]
    readiness = pq.read_table(demo.run / "readiness.parquet").to_pylist()

    assert all(counts[program]["send"] > 0 for program in ("onboarding", "replenishment", "cross_sell"))
    assert {row["scope"] for row in readiness if row["program"] and row["verdict"] in ("hold", "insufficient")} == {
        "carrier:swiftline"
    }
    decisions = pq.read_table(demo.run / "decisions.parquet").to_pylist()
    assert any(
        row["verdict"] == "hold" and "readiness:on_time_share:carrier:swiftline" in row["reasons"] for row in decisions
    )


def test_nobody_gets_two_messages(demo: Demo) -> None:
    """One marketing message per customer and night."""
    customers = pq.read_table(demo.run / "messages.parquet")["customer_id"].to_pylist()

    assert len(set(customers)) == len(customers)


def test_the_same_night_again_gives_the_same_bytes_and_stays_approved(
    own_demo: Demo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second run of an approved night, with one thread instead of two, writes every file as it was; nothing is void.

    The folder is removed before it, so that nothing of the first run can be taken for the second's. That somebody has
    unsubscribed since is not known to that night.
    """
    postlude(capsys, "review", "approve", "--run", own_demo.run, "--shop", own_demo.shop)
    before = digests(own_demo.run)
    leave_by_link(own_demo, pq.read_table(own_demo.run / "messages.parquet")["customer_id"][0].as_py())
    shutil.rmtree(own_demo.run)
    real = pipeline.Warehouse
    monkeypatch.setattr(pipeline, "Warehouse", lambda **options: real(**{**options, "threads": 1}))
    pipeline.run_night(plan_of(own_demo))
    listed = postlude(capsys, "review", "list", "--runs", own_demo.runs, "--shop", own_demo.shop)

    assert digests(own_demo.run) == before
    assert "approved" in listed.out


def test_a_killed_night_is_run_again_to_the_same_bytes(demo: Demo, tmp_path: Path) -> None:
    """A night killed at any moment leaves no half of a run folder; the next run gives what an unbroken one gives."""
    command = [
        sys.executable,
        "-m",
        "personalization.cli",
        "nightly",
        "--data",
        str(demo.data),
        "--runs",
        str(tmp_path),
    ]
    command += ["--shop", str(demo.shop)]
    chance = random.Random(20111120)
    for _ in range(2):
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        time.sleep(chance.uniform(2, 8))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if (tmp_path / demo.run.name).exists():
            run_folder.verify_run(tmp_path / demo.run.name)
    pipeline.run_night(plan_of(demo, runs=tmp_path))

    assert digests(tmp_path / demo.run.name) == digests(demo.run)


def test_explain_tells_what_was_bought_decided_and_why(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    """A support agent can read out what was decided for each program, and why."""
    decisions = pq.read_table(demo.run / "decisions.parquet").to_pylist()
    sent = next(row for row in decisions if row["verdict"] == "send" and row["program"] == "replenishment")
    told = postlude(capsys, "explain", sent["customer_id"], "--run", demo.run)

    assert told.code == 0
    for heading in ("They bought", "Onboarding", "Replenishment", "Cross-sell"):
        assert heading in told.out
    assert "Will be written to on 2011-11-2" in told.out
    assert sent["skus"][0] in told.out


def test_a_stranger_is_told_so(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    """An id that the run does not know is wrong use."""
    assert postlude(capsys, "explain", "nobody", "--run", demo.run).code == 2


def test_what_is_approved_leaves_once(
    own_demo: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str], own_shop: Path
) -> None:
    """Nothing leaves before the approval; after it every due message leaves once, and a second export sends nothing."""
    export = ["export", "--run", own_demo.run, "--data", own_demo.data, "--shop", own_shop, "--json"]
    early = postlude(capsys, *export, "--now", "2011-11-21T12:00")
    postlude(capsys, "review", "approve", "--run", own_demo.run, "--shop", own_shop)
    before_window = json.loads(postlude(capsys, *export, "--now", "2011-11-21T03:00").out)
    first = json.loads(postlude(capsys, *export, "--now", "2011-11-21T12:00").out)
    second = json.loads(postlude(capsys, *export, "--now", "2011-11-21T12:00").out)

    assert early.code == 2
    assert "not approved" in early.err
    assert before_window["sent"] == 0
    assert (second["sent"], second["already_sent"]) == (0, first["sent"])
    written = [path.read_text(encoding="utf-8") for path in (own_shop.parent / "exports").rglob("*.jsonl")]
    lines = [json.loads(line) for text in written for line in text.splitlines()]
    assert len({line["message_id"] for line in lines}) == len(lines) == first["sent"]
    assert {line["message_id"] for line in lines} == small.due_ids(own_demo.run, small.NOON)
    assert all(line["email"].endswith(".example") for line in lines)


def test_an_export_after_the_window_expires_what_is_left(
    own_demo: Demo, own_shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A message that could not leave in its window is never sent late."""
    postlude(capsys, "review", "approve", "--run", own_demo.run, "--shop", own_shop)
    export = ["export", "--run", own_demo.run, "--data", own_demo.data, "--shop", own_shop, "--json"]
    report = json.loads(postlude(capsys, *export, "--now", "2011-11-25T12:00").out)

    assert (report["sent"], report["expired"]) == (0, report["approved"])


def test_a_pause_stops_every_export(own_demo: Demo, own_shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One switch stops all exports; after it is turned back they go on."""
    postlude(capsys, "review", "approve", "--run", own_demo.run, "--shop", own_shop)
    switch = ["--runs", own_demo.runs, "--shop", own_shop]
    export = ["export", "--run", own_demo.run, "--data", own_demo.data, "--shop", own_shop, "--json"]
    postlude(capsys, "exports", "pause", "--reason", "a parcel strike", *switch)
    paused = json.loads(postlude(capsys, *export, "--now", "2011-11-21T12:00").out)
    postlude(capsys, "exports", "resume", *switch)
    resumed = json.loads(postlude(capsys, *export, "--now", "2011-11-21T12:00").out)

    assert (paused["sent"], paused["paused"]) == (0, len(small.due_ids(own_demo.run, small.NOON)))
    assert resumed["sent"] == paused["paused"]


@pytest.mark.parametrize("change", ["messages.parquet", "decisions.parquet", "report.html"])
def test_a_changed_run_is_not_sent(
    own_demo: Demo, own_shop: Path, capsys: pytest.CaptureFixture[str], change: str
) -> None:
    """An approval holds for exactly the bytes that were approved."""
    postlude(capsys, "review", "approve", "--run", own_demo.run, "--shop", own_shop)
    with (own_demo.run / change).open("ab") as file:
        file.write(b" ")
    export = ["export", "--run", own_demo.run, "--data", own_demo.data, "--shop", own_shop]
    refused = postlude(capsys, *export, "--now", "2011-11-21T12:00")

    assert refused.code == 2
    assert change in refused.err
    assert not (own_shop.parent / "exports").exists()


@pytest.mark.parametrize("page", [["readiness"], ["score", "--out", "scores", "--models", "models"]])
def test_a_stage_can_be_looked_at_alone(
    demo: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, page: list[str]
) -> None:
    """Readiness and scores can be asked for without running the night; a judged model spares the training."""
    monkeypatch.chdir(tmp_path)
    told = {"why": "not surely better"}
    facts = {"ranking": told, "reordering": told, "features": list(scoring.REORDER_FEATURES)}
    models.save_model(Path("models"), run_date=date(2011, 11, 13), fitted=None, facts=facts)
    done = postlude(capsys, *page, "--data", demo.data, "--shop", demo.shop)

    assert done.code == 0
    assert "swiftline" in done.out if page == ["readiness"] else (tmp_path / "scores" / "candidates.parquet").exists()


def test_who_approves_is_who_is_logged_in(
    own_demo: Demo, own_shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two persons are needed where the shop says so, and no environment variable makes somebody another person."""
    own_shop.write_text(own_shop.read_text().replace('"single"', '"second_person"'))
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "mallory")
    refused = postlude(capsys, "review", "approve", "--run", own_demo.run, "--shop", own_shop)

    assert refused.code == 2
    assert "started this run" in refused.err
    assert "mallory" not in refused.err


def test_a_folder_without_nights_has_no_switch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], own_shop: Path
) -> None:
    """Pausing in the wrong folder is told so, instead of switching nothing off."""
    done = postlude(capsys, "exports", "pause", "--reason", "x", "--runs", tmp_path / "runs", "--shop", own_shop)

    assert done.code == 2
    assert not (tmp_path / "runs").exists()


def test_an_unforeseen_failure_tells_no_values(
    demo: Demo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours ends with its kind and place: the text of an exception may hold a customer's data."""

    def fail(*_: object, **__: object) -> None:
        raise KeyError("anna@mail.example")

    monkeypatch.setattr("personalization.morning.explain_customer", fail)
    done = postlude(capsys, "explain", "c1", "--run", demo.run)

    assert done.code == 1
    assert "KeyError" in done.err
    assert "anna" not in done.err


def leave_by_link(demo: Demo, customer: str, *, at: datetime = datetime(2011, 11, 21, 9)) -> None:
    """Have the state database know that a customer unsubscribed; the day after the demo's night unless *at* says."""
    row = {"message_id": f"an earlier one of {customer}", "customer_id": customer, "channel": "email"}
    with state.writing(state.open_state(state.state_url(None, demo.runs))) as connection:
        connection.execute(tables.unsubscribes.insert().values(**row, unsubscribed_at=at))


def edited(data: Path, table: str, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change one table of a data folder."""
    path = data / f"{table}.parquet"
    pq.write_table(change(pq.read_table(path)), path)


def with_row(**given: object) -> Callable[[pa.Table], pa.Table]:
    """Add a row to a table; what is not given is as in its first row."""
    return lambda table: pa.concat_tables(
        [table, pa.Table.from_pylist([{**table.slice(0, 1).to_pylist()[0], **given}], schema=table.schema)]
    )


@pytest.fixture
def own_data(demo: Demo, tmp_path: Path) -> Path:
    """A copy of the demo's data folder that a test may change."""
    return Path(shutil.copytree(demo.data, tmp_path / "data"))


def test_what_happened_since_the_approval_is_seen_and_told(
    own_demo: Demo, own_shop: Path, own_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two unsubscribed, one had a newsletter this morning, one had a message from another run, one item was dropped."""
    messages = pq.read_table(own_demo.run / "messages.parquet").to_pylist()
    suggested = [row for row in messages if row["program"] == "cross_sell"]
    gone, written_to, from_elsewhere = (row["customer_id"] for row in suggested[:3])
    leave_by_link(own_demo, suggested[4]["customer_id"])
    dropped = [item["sku"] for item in json.loads(suggested[3]["properties"])["items"]][-1]
    learned = {"received_at": datetime(2011, 11, 21, 9, 5)}
    unsubscribed = {"customer_id": gone, "status": "unsubscribed", "captured_at": datetime(2011, 11, 21, 9)}
    edited(own_data, "consents", with_row(**unsubscribed, channel="email", purpose="marketing", **learned))
    newsletter = {"message_id": "n1", "customer_id": written_to, "order_id": None, "class": "marketing"}
    newsletter |= {"program": "newsletter", "source": "esp", "sent_at": datetime(2011, 11, 21, 9)}
    edited(own_data, "messages", with_row(**newsletter, **learned))

    def drop(products: pa.Table) -> pa.Table:
        place = products.schema.get_field_index("status")
        is_it = pc.equal(products["sku"], dropped)
        return products.set_column(place, "status", pc.if_else(is_it, "discontinued", products["status"]))

    edited(own_data, "products", drop)
    engine = state.open_state(state.state_url(None, own_demo.runs))
    other = small.publish_and_approve(
        engine, own_shop.parent / "other", [small.message(1, customer_id=from_elsewhere, decision_subject="S1")]
    )
    agreed = small.recheck(
        decisions=pa.table(
            {
                "customer_id": [from_elsewhere],
                "program": ["replenishment"],
                "subject": ["S1"],
                "verdict": ["send"],
                "reasons": pa.array([[]], pa.list_(pa.string())),
                "skus": pa.array([[]], pa.list_(pa.string())),
            }
        ),
        customers=pa.table({"customer_id": [from_elsewhere], "email": ["someone@shop.example"]}),
    )
    export_run(
        engine,
        run=other,
        shop=small.shop_in(own_shop.parent / "small"),
        destination=DESTINATIONS["files"],
        now=small.DUE_AT,
        recheck=agreed,
    )
    postlude(capsys, "review", "approve", "--run", own_demo.run, "--shop", own_shop)
    export = ["export", "--run", own_demo.run, "--data", own_data, "--shop", own_shop, "--now", "2011-11-21T10:30"]

    expected = postlude(capsys, *export, "--dry-run")
    done = postlude(capsys, *export, "--json")
    again = postlude(capsys, *export)

    assert (expected.code, done.code, again.code) == (0, 0, 0)
    report = json.loads(done.out)
    refused = {reason: count for reason, count in report["reasons"].items() if reason != "not_in_audience"}
    assert {"consent_unsubscribed": 1, "unsubscribed_in_message": 1, "capped_day": 2}.items() <= refused.items()
    shows_dropped = [row["message_id"] for row in suggested if dropped in row["properties"]]
    assert refused["content_changed"] >= len(shows_dropped) > 0
    assert report["sent"] + report["withheld"] + report["not_due"] == report["approved"]
    for told in (expected.out, again.out):
        assert "consent_unsubscribed" in told
        assert "content_changed" in told
    left = {
        json.loads(line)["message_id"]
        for path in (own_shop.parent / "exports").rglob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    assert len(left) == report["sent"] > 200
    assert left.isdisjoint({*shows_dropped, *(row["message_id"] for row in (*suggested[:3], suggested[4]))})


def test_a_night_knows_who_left_by_a_link_before_it(own_demo: Demo) -> None:
    """What the state database knew by the night's end is kept in its run folder, and decides its audiences."""
    messages = pq.read_table(own_demo.run / "messages.parquet").to_pylist()
    gone = next(row["customer_id"] for row in messages if row["program"] == "cross_sell")
    plan = plan_of(own_demo)
    leave_by_link(own_demo, gone, at=plan.night.as_of.cutoff - timedelta(hours=1))

    pipeline.snapshot(plan)
    for part in ("journey", "scores", "readiness.parquet"):
        (plan.night.built / part).symlink_to(own_demo.run / part)
    pipeline.build_audiences(plan)

    decided = pq.read_table(plan.night.built / "decisions.parquet", filters=[("customer_id", "=", gone)]).to_pylist()
    assert {row["verdict"] for row in decided if row["program"] == "cross_sell"} == {"no_consent"}
    assert pq.read_table(plan.night.built / pipeline.UNSUBSCRIBES_BEFORE)["customer_id"].to_pylist() == [gone]


def test_a_bad_data_folder_costs_no_message(
    own_demo: Demo, own_shop: Path, own_data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What readiness holds back at the export alerts, stays to be sent, and leaves when the data are good again."""
    alerted: list[str] = []
    monkeypatch.setattr(morning.alerts, "send_alert", lambda *_, kind, reason, **__: alerted.append(f"{kind} {reason}"))
    postlude(capsys, "review", "approve", "--run", own_demo.run, "--shop", own_shop)
    (own_data / "tracking_events.parquet").unlink()
    (own_data / "shipments.parquet").unlink()
    now = datetime(2011, 11, 21, 12, tzinfo=UTC)
    facts = {"shop_file": own_shop, "runs": own_demo.runs, "destination": "files", "now": now}

    bad = morning.export_due(data=own_data, **facts)[own_demo.run.name]
    good = morning.export_due(data=own_demo.data, **facts)[own_demo.run.name]

    assert (bad["sent"], bad["withheld"] + bad["not_due"]) == (0, bad["approved"])
    assert len(alerted) == 1
    assert alerted[0].startswith("export_failed Nothing left: the data folder as it is now does not pass readiness")
    assert (good["sent"], good["not_due"]) == (bad["withheld"], bad["not_due"])


def test_a_run_is_not_approved_by_another_shops_rules(
    own_demo: Demo, own_shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether a second person must approve is the rule of the shop whose run it is, never that of a file nearby."""
    own_shop.write_text(own_shop.read_text(encoding="utf-8").replace("Regency Gifts (demo)", "Another shop"))

    done = postlude(capsys, "review", "approve", "--run", own_demo.run, "--shop", own_shop)

    assert done.code == 2
    assert "is a run of 'Regency Gifts (demo)'" in done.err


def test_a_segment_is_previewed_as_it_was_run_and_as_it_is_changed(
    demo: Demo, own_shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Unchanged it holds whom the night's decisions say; a change shows at once who would come and go."""
    segment = "onboarding_durable"
    told = ("segments", "preview", segment, "--runs", demo.runs, "--shop", own_shop, "--json")
    as_run = json.loads(postlude(capsys, *told).out)
    path = own_shop.parent / "segments" / f"{segment}.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("[1, 4]", "[1, 3]"), encoding="utf-8")
    changed = json.loads(postlude(capsys, *told).out)
    decided = pq.read_table(demo.run / "decisions.parquet", columns=["customer_id", "segments"]).to_pylist()

    assert as_run["people"] == len({row["customer_id"] for row in decided if segment in row["segments"]}) > 0
    assert as_run["changes"] == [{"night": demo.run.name, "people": as_run["people"], "entered": 0, "left": 0}]
    assert len(as_run["examples"]) == min(10, as_run["subjects"])
    assert changed["people"] < as_run["people"]
    assert changed["changes"][0]["left"] == as_run["people"] - changed["people"]


def test_a_preview_that_cannot_be_says_why(demo: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong name gets the nearest one, and a folder without nights says what to do."""
    told = ("--runs", demo.runs, "--shop", demo.shop)
    wrong = postlude(capsys, "segments", "preview", "onboarding_durble", *told)
    empty = postlude(capsys, "segments", "preview", "onboarding_durable", "--runs", tmp_path, "--shop", demo.shop)

    assert (wrong.code, empty.code) == (2, 2)
    assert "did you mean 'onboarding_durable'?" in wrong.err
    assert "no published night there" in empty.err


def test_what_a_customer_gets_is_previewed(demo: Demo, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message as it was written, by its own template; somebody who gets none is told so."""
    rows = pq.read_table(demo.run / "messages.parquet", columns=["customer_id", "program", "variant", "subject"])
    row = rows.slice(0, 1).to_pylist()[0]
    asked = ["--run", demo.run, "--out", tmp_path / "p.html", "--shop", demo.shop]
    done = postlude(capsys, "preview", "--customer", row["customer_id"], *asked)
    other = postlude(capsys, "preview", "loyalty/points", "--customer", row["customer_id"], *asked)
    nobody = postlude(capsys, "preview", "--customer", "nobody", *asked)

    assert done.code == 0
    assert html.escape(row["subject"]) in (tmp_path / "p.html").read_text(encoding="utf-8")
    assert other.code == nobody.code == 2
    assert f"goes {row['program']}/{row['variant']}, and not loyalty/points" in other.err
    assert "no message to customer nobody" in nobody.err
