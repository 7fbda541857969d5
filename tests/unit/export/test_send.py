"""Every approved message leaves once, and only what may still go."""

import csv
import dataclasses
import json
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import Engine, select

from personalization import unsubscribe_links as links
from personalization.errors import BadInput, DestinationUnavailable, WrongUse
from personalization.export import DESTINATIONS, export_run, pause_exports, resume_exports
from personalization.export.destination import Destination, Limits, Outcome
from personalization.export.suppressions import accept_suppression_counts
from personalization.review.approvals import approve, reject
from personalization.settings import Shop
from personalization.store import run_folder, state
from personalization.store.state import reading
from personalization.store.tables import ledger
from tests.lib import published_runs as small

FILES = DESTINATIONS["files"]


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return small.state_in(tmp_path)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return small.shop_in(tmp_path / "shop")


def export(engine: Engine, run: Path, shop: Shop, **given):
    facts = {"destination": FILES, "now": small.DUE_AT, "recheck": small.recheck(), **given}
    return export_run(engine, run=run, shop=shop, **facts)


def ledger_rows(engine: Engine) -> dict[str, tuple[str, str | None]]:
    with reading(engine) as connection:
        rows = connection.execute(select(ledger.c.customer_id, ledger.c.status, ledger.c.reason)).all()
    return {row.customer_id: (row.status, row.reason) for row in rows}


def test_approved_and_due_messages_are_written_for_machines_and_people(tmp_path, engine, shop):
    """Both files hold every message; the address is looked up at the moment of sending."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1), small.message(2)])

    report = export(engine, run, shop)

    folder = shop.root / "exports" / small.NIGHT
    lines = [json.loads(line) for line in (folder / f"files-{report.batches[0]}.jsonl").read_text().splitlines()]
    with (folder / f"files-{report.batches[0]}.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = list(csv.DictReader(file))
    assert (report.approved, report.sent) == (2, 2)
    assert sorted(line["email"] for line in lines) == ["c1@shop.example", "c2@shop.example"]
    assert lines[0]["properties"]["title"] == "Tea lights"
    assert lines[0]["preheader"] == "=1+1"
    assert {cell["preheader"] for cell in cells} == {"'=1+1"}
    assert ledger_rows(engine) == {"C1": ("accepted", None), "C2": ("accepted", None)}


def test_no_address_is_kept_in_the_state_database(tmp_path, engine, shop):
    """The ledger holds ids only."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    export(engine, run, shop)

    assert b"shop.example" not in (tmp_path / "state.sqlite").read_bytes()


def test_exporting_twice_changes_nothing(tmp_path, engine, shop):
    """The second export sends nothing and leaves every file as it was."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1), small.message(2)])
    export(engine, run, shop)
    before = {path: path.read_bytes() for path in shop.root.rglob("*.*")}

    again = export(engine, run, shop)

    assert (again.sent, again.already_sent) == (0, 2)
    assert {path: path.read_bytes() for path in shop.root.rglob("*.*")} == before


def showing(*skus: str) -> str:
    """The properties of a message that shows these goods."""
    return json.dumps({"items": [{"sku": sku} for sku in skus]})


@pytest.mark.parametrize(
    ("against", "reason"),
    [(("no_consent", ["consent_unsubscribed"]), "consent_unsubscribed"), (("suppressed", []), "suppressed")],
)
def test_whoever_objects_is_refused_for_good(tmp_path, engine, shop, against, reason):
    """A message whose recipient must not be written to is withheld with its reason, and stays so for this night."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1), small.message(2)])

    report = export(engine, run, shop, recheck=small.recheck(against={"C1": against}))
    later = export(engine, run, shop)

    assert (report.withheld, report.sent, report.as_json()["reasons"]) == (1, 1, {reason: 1})
    assert (later.withheld, later.sent, later.as_json()["reasons"]) == (1, 0, {reason: 1})
    assert small.sent_ids(shop) == [small.message(2)["message_id"]]
    assert ledger_rows(engine) == {"C1": ("withheld", reason), "C2": ("accepted", None)}


PASSING = pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"against": {"C1": ("hold", ["readiness:on_time_share"])}}, "readiness:on_time_share"),
        ({"against": {"C1": ("capped", ["capped_day"])}}, "capped_day"),
        ({"against": {"C1": ("exception", ["open_ticket", "open_return"])}}, "open_ticket"),
        ({"against": {"C1": (None, [])}}, "not_in_audience"),
        ({"customers": pa.table({"customer_id": ["C1", "C2"], "email": [None, "c2@shop.example"]})}, "no_address"),
        ({"customers": pa.table({"customer_id": ["C2"], "email": ["c2@shop.example"]})}, "no_address"),
    ],
)


@PASSING
def test_a_reason_that_passes_withholds_for_now(tmp_path, engine, shop, given, reason):
    """It is counted and not recorded, the run stays selected, and an export in the window without the reason sends."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1), small.message(2)])
    folder = run_folder.name_runs_folder(tmp_path / "runs")

    report = export(engine, run, shop, recheck=small.recheck(**given))
    rows, selected = ledger_rows(engine), state.approved_nights(engine, folder)
    later = export(engine, run, shop)

    assert (report.withheld, report.sent, report.as_json()["reasons"]) == (1, 1, {reason: 1})
    assert rows == {"C2": ("accepted", None)}
    assert selected == (date.fromisoformat(small.NIGHT),)
    assert (later.withheld, later.sent, later.already_sent, dict(later.reasons)) == (0, 1, 1, {})
    assert state.approved_nights(engine, folder) == ()


def test_what_was_withheld_for_now_expires_with_its_window(tmp_path, engine, shop):
    """A reason that does not pass in time ends as expired, and the run is no longer selected."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    facts = small.recheck(against={"C1": ("hold", ["readiness:on_time_share"])})
    export(engine, run, shop, recheck=facts)

    last = export(engine, run, shop, recheck=facts, now=small.EXPIRES_AT)

    assert (last.withheld, last.expired) == (0, 1)
    assert state.approved_nights(engine, run_folder.name_runs_folder(tmp_path / "runs")) == ()


@pytest.mark.parametrize(
    "case",
    [
        # program, what the message shows, what the catalogue says of the first, how many leave
        ("replenishment", ("22423",), {"status": "active", "is_in_stock": None}, 1),
        ("replenishment", ("22423",), {"status": None, "is_in_stock": True}, 1),
        ("replenishment", ("22423", "84879"), {"status": "active", "is_in_stock": True}, 0),  # would not be said now
        ("replenishment", ("22423",), {"status": "discontinued", "is_in_stock": None}, 0),
        ("replenishment", ("22423",), {"status": "draft", "is_in_stock": True}, 0),
        ("replenishment", ("22423",), {"status": None, "is_in_stock": False}, 0),
        ("onboarding", ("22423",), {"status": "discontinued", "is_in_stock": False}, 1),  # they have it already
        ("delay_notice", ("22423",), {"status": "active", "is_in_stock": False}, 1),  # they wait for it all the same
        ("exchange_follow_up", ("22423",), {"status": "discontinued", "is_in_stock": False}, 1),
        ("win_back", ("22423",), {"status": "active", "is_in_stock": False}, 0),
        ("onboarding", ("84879",), {"status": "active", "is_in_stock": True}, 0),
    ],
)
def test_an_approved_text_that_no_longer_holds_is_refused(tmp_path, engine, shop, case):
    """A message leaves only when all it shows would be shown again, and what it offers is on sale."""
    program, shown, products, sent = case
    run = small.publish_and_approve(
        engine, tmp_path / "runs", [small.message(1, program=program, properties=showing(*shown))]
    )
    facts = small.recheck()
    decided = facts.decisions.set_column(1, "program", pa.array([program] * 10))
    kinds = {"sku": pa.string(), "status": pa.string(), "is_in_stock": pa.bool_()}
    catalogue = pa.Table.from_pylist([{"sku": "22423", **products}], schema=pa.schema(kinds))

    report = export(engine, run, shop, recheck=dataclasses.replace(facts, decisions=decided, products=catalogue))

    assert (report.sent, dict(report.reasons)) == (sent, {} if sent else {"content_changed": 1})
    assert ledger_rows(engine) == {"C1": ("accepted", None) if sent else ("withheld", "content_changed")}


def test_a_decision_for_another_subject_lets_nothing_go(tmp_path, engine, shop):
    """The customer may hear of something else; this message still goes only if it would be decided again."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1, decision_subject="S9")])

    report = export(engine, run, shop)

    assert dict(report.reasons) == {"not_in_audience": 1}


def test_a_window_is_kept_on_both_sides(tmp_path, engine, shop):
    """What is not due waits, what is past its window expires, and the counts add up."""
    early = small.DUE_AT + timedelta(minutes=1)
    run = small.publish_and_approve(
        engine,
        tmp_path / "runs",
        [
            small.message(1),
            small.message(2, send_at=early),
            small.message(3, expires_at=small.DUE_AT),
            small.message(4, send_at=small.DUE_AT),
        ],
    )

    report = export(engine, run, shop)
    later = export(engine, run, shop, now=early)
    last = export(engine, run, shop, now=small.EXPIRES_AT)

    assert (report.sent, report.not_due, report.expired) == (2, 1, 1)
    assert (later.sent, later.already_sent, later.not_due, later.expired) == (1, 2, 0, 1)
    assert (last.sent, last.already_sent, last.expired) == (0, 3, 1)


def test_a_message_sent_last_night_is_not_sent_again(tmp_path, engine, shop):
    """The same message_id on another night is the same message."""
    first = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    export(engine, first, shop)
    second = small.publish_and_approve(
        engine, tmp_path / "runs", [small.message(1), small.message(2)], night="2011-11-21"
    )

    report = export(engine, second, shop)

    assert (report.sent, report.already_sent) == (1, 1)
    assert small.sent_ids(shop) == sorted(small.message(number)["message_id"] for number in (1, 2))


def test_nothing_leaves_without_an_approval(tmp_path, engine, shop):
    """An unapproved run is refused, and the message says what to do."""
    run = small.publish(engine, tmp_path / "runs", [small.message(1)])

    with pytest.raises(WrongUse, match=r"not approved.*postlude review approve"):
        export(engine, run, shop)
    assert small.sent_ids(shop) == []


def test_nothing_leaves_after_a_rejection(tmp_path, engine, shop):
    """A rejection after an approval counts."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    reject(engine, run=run, reviewer="tom", reason="wrong price", now=small.PUBLISHED_AT)

    with pytest.raises(WrongUse, match="rejected by tom: wrong price"):
        export(engine, run, shop)


@pytest.mark.parametrize("name", ["messages.parquet", "report.html", "manifest.json"])
def test_nothing_leaves_when_a_byte_changed(tmp_path, engine, shop, name):
    """A run folder that is not as it was approved is refused."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    (run / name).write_bytes((run / name).read_bytes() + b" ")

    with pytest.raises(WrongUse, match=r"changed since|never published"):
        export(engine, run, shop)
    assert small.sent_ids(shop) == []


def test_a_voided_run_sends_nothing_more(tmp_path, engine, shop):
    """Once a newer night is published, what the older one has not sent stays unsent."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    small.publish(engine, tmp_path / "runs", [small.message(1)], night="2011-11-21")

    with pytest.raises(WrongUse, match="voided, night 2011-11-21"):
        export(engine, run, shop)


def test_a_partial_approval_sends_exactly_what_it_names(tmp_path, engine, shop):
    """Messages that are not named stay, and are not counted as approved."""
    rows = [small.message(number) for number in range(3)]
    run = small.publish(engine, tmp_path / "runs", rows)
    approve(
        engine,
        run=run,
        reviewer="mara",
        now=small.PUBLISHED_AT,
        rules="single",
        authors=frozenset(),
        messages=frozenset({rows[1]["digest"]}),
    )

    report = export(engine, run, shop)

    assert (report.approved, report.sent) == (1, 1)
    assert small.sent_ids(shop) == [rows[1]["message_id"]]


@pytest.mark.parametrize(
    ("list_of", "problem"),
    [
        ((None, 100, False), "the table is missing"),
        ((None, 100), "the table is there, but neither its file nor a row"),
        ((small.DUE_AT - timedelta(hours=24, seconds=1), 100), "more than 24 hours ago"),
        ((small.DUE_AT - timedelta(hours=24), 94), "email has 94 rows and had 100"),
        ((small.DUE_AT - timedelta(hours=24), 95), None),
    ],
)
def test_suppressions_that_cannot_be_trusted_stop_everything(tmp_path, engine, shop, list_of, problem):
    """Missing, of unknown age, old or shrunk by more than 5 %: nothing leaves, and nothing is lost."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    accept_suppression_counts(engine, {"email": 100}, counted_at=datetime(2011, 11, 19))
    learned_at, count, *has_list = list_of
    facts = small.recheck(
        suppressions_learned_at=learned_at, suppression_counts={"email": count}, has_suppressions=has_list != [False]
    )

    if problem is None:
        assert export(engine, run, shop, recheck=facts).sent == 1
    else:
        with pytest.raises(BadInput, match=problem):
            export(engine, run, shop, recheck=facts)
        assert small.sent_ids(shop) == []
        assert export(engine, run, shop).sent == 1


def test_a_person_may_confirm_a_shorter_list(tmp_path, engine, shop):
    """After a confirmation the shorter list is the one to compare with."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    accept_suppression_counts(engine, {"email": 100}, counted_at=datetime(2011, 11, 19))
    accept_suppression_counts(engine, {"email": 50}, counted_at=small.DUE_AT)

    assert export(engine, run, shop, recheck=small.recheck(suppression_counts={"email": 50})).sent == 1


def test_one_switch_stops_and_starts_every_export(tmp_path, engine, shop):
    """While exports are paused nothing leaves and nothing is withheld; afterwards they go on."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1), small.message(2)])
    pause_exports(engine, changed_by="mara", reason="wrong price", now=small.DUE_AT)
    stopped = export(engine, run, shop, recheck=small.recheck(against={"C2": ("exception", [])}))
    resume_exports(engine, changed_by="mara", reason="mended", now=small.DUE_AT)

    report = export(engine, run, shop)

    assert (stopped.sent, stopped.paused) == (0, 2)
    assert (report.sent, report.paused) == (2, 0)


def test_a_pause_takes_effect_between_batches(tmp_path, engine, shop):
    """The batch at hand is finished, the next one is not begun."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(number) for number in range(4)])
    halves = Destination(
        name="files",
        limits=Limits(batch_messages=2),
        send=FILES.send,
        has_landed=FILES.has_landed,
        is_local=FILES.is_local,
    )

    def pause(step: str) -> None:
        if step == "sent":
            pause_exports(engine, changed_by="mara", reason="stop", now=small.DUE_AT)

    report = export(engine, run, shop, destination=halves, on_step=pause)

    assert (report.sent, report.paused) == (2, 2)
    assert len(small.sent_ids(shop)) == 2


def test_a_run_voided_while_it_is_sent_stops_at_the_next_batch(tmp_path, engine, shop):
    """The approval is looked at again before each batch."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(number) for number in range(4)])
    halves = Destination(
        name="files",
        limits=Limits(batch_messages=2),
        send=FILES.send,
        has_landed=FILES.has_landed,
        is_local=FILES.is_local,
    )

    def decide_anew(step: str) -> None:
        if step == "answered":
            reject(engine, run=run, reviewer="tom", reason="wrong", now=small.DUE_AT)

    with pytest.raises(WrongUse, match="rejected by tom"):
        export(engine, run, shop, destination=halves, on_step=decide_anew)
    assert len(small.sent_ids(shop)) == 2


def test_an_approval_narrowed_while_it_is_sent_stops_at_the_next_batch(tmp_path, engine, shop):
    """What was read at the start no longer counts; the next export goes by the new approval."""
    rows = [small.message(number) for number in range(4)]
    run = small.publish_and_approve(engine, tmp_path / "runs", rows)
    halves = Destination(
        name="files",
        limits=Limits(batch_messages=2),
        send=FILES.send,
        has_landed=FILES.has_landed,
        is_local=FILES.is_local,
    )
    facts = {"reviewer": "mara", "now": small.DUE_AT, "rules": "single", "authors": frozenset()}

    def narrow(step: str) -> None:
        if step == "answered":
            approve(engine, run=run, messages=frozenset({row["digest"] for row in rows[:1]}), **facts)

    with pytest.raises(WrongUse, match="decided anew while it was being sent"):
        export(engine, run, shop, destination=halves, on_step=narrow)
    assert len(small.sent_ids(shop)) == 2
    assert export(engine, run, shop).approved == 1


@pytest.mark.parametrize(
    ("last_step", "counts"), [("reserved", (1, 0, 1)), ("sending", (1, 0, 1)), ("sent", (0, 2, 0))]
)
def test_a_person_who_objects_after_a_crash(tmp_path, engine, shop, last_step, counts):
    """Cut off before the file was there, the batch is judged anew; afterwards it has left, and is not sent again."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1), small.message(2)])

    def crash(step: str) -> None:
        if step == last_step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(engine, run, shop, on_step=crash)

    report = export(engine, run, shop, recheck=small.recheck(against={"C1": ("no_consent", [])}))

    assert (report.sent, report.already_sent, report.withheld) == counts
    assert len(small.sent_ids(shop)) == report.sent + report.already_sent


def test_a_spreadsheet_left_by_a_crash_is_removed(tmp_path, engine, shop, monkeypatch):
    """Cut off between the two files of a batch, no person reads of a message that did not leave."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1), small.message(2)])

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("personalization.export.destinations.files._write_lines", cut_off)
    with pytest.raises(KeyboardInterrupt):
        export(engine, run, shop)
    monkeypatch.undo()
    half_written = len(list(shop.root.rglob("*.csv")))

    report = export(engine, run, shop, recheck=small.recheck(against={"C1": ("no_consent", [])}))

    assert half_written == 1
    assert [path.stem for path in shop.root.rglob("*.csv")] == [f"files-{report.batches[0]}"]


def test_a_folder_that_cannot_be_written_is_a_passing_failure(tmp_path, engine, shop):
    """Nothing is lost: the next export, with room again, sends it."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    (shop.root / "exports").write_text("in the way")

    with pytest.raises(DestinationUnavailable, match="cannot be written"):
        export(engine, run, shop)
    (shop.root / "exports").unlink()

    assert export(engine, run, shop).sent == 1


def test_a_dry_run_writes_nothing(tmp_path, engine, shop):
    """It counts what an export would do, and leaves ledger and files alone."""
    rows = [small.message(1), small.message(2), small.message(3, expires_at=small.DUE_AT)]
    run = small.publish_and_approve(engine, tmp_path / "runs", rows)
    facts = small.recheck(against={"C2": ("exception", [])})

    report = export(engine, run, shop, is_dry_run=True, recheck=facts)

    assert (report.is_dry_run, report.sent, report.withheld, report.expired) == (True, 1, 1, 1)
    assert ledger_rows(engine) == {}
    assert not (shop.root / "exports").exists()


@pytest.mark.parametrize(("is_demo", "is_simulated"), [(True, False), (False, True)])
def test_demo_data_stay_on_this_machine(tmp_path, engine, is_demo, is_simulated):
    """Neither a demo shop nor simulated data may reach a real destination."""
    shop = small.shop_in(tmp_path / "shop", small.SHOP.replace("is_demo = false", f"is_demo = {is_demo}".lower()))
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    away = Destination(
        name="esp",
        limits=Limits(batch_messages=1),
        send=FILES.send,
        has_landed=FILES.has_landed,
        is_local=lambda _: False,
    )

    with pytest.raises(WrongUse, match="demo data go only to files and to this machine, not to esp"):
        export(engine, run, shop, destination=away, recheck=small.recheck(is_simulated=is_simulated))
    assert export(engine, run, shop, recheck=small.recheck(is_simulated=is_simulated)).sent == 1


def test_rejected_and_unknown_answers_are_kept(tmp_path, engine, shop):
    """What a destination says of single messages is recorded with its reason and ids, and neither is sent again."""
    rows = sorted((small.message(number) for number in range(3)), key=lambda row: row["message_id"])
    run = small.publish_and_approve(engine, tmp_path / "runs", rows)
    ids = [row["message_id"] for row in rows]
    picky = Destination(
        name="picky",
        limits=Limits(batch_messages=10),
        send=lambda _batch, _shop: Outcome(
            rejected={ids[0]: "bad_address"}, unknown={ids[1]: "timeout"}, vendor_ids={ids[2]: "v1"}
        ),
        has_landed=lambda _batch, _shop: None,
        is_local=lambda _: True,
    )

    report = export(engine, run, shop, destination=picky)
    again = export(engine, run, shop, destination=picky)

    assert (report.sent, report.rejected, report.unknown, dict(report.reasons)) == (1, 1, 1, {"bad_address": 1})
    assert (again.sent, again.already_sent, again.rejected, again.unknown) == (0, 1, 1, 1)
    assert set(ledger_rows(engine).values()) == {
        ("rejected", "bad_address"),
        ("unknown", "timeout"),
        ("accepted", None),
    }


def test_a_batch_that_nobody_can_tell_of_is_unknown(tmp_path, engine, shop):
    """Cut off while sending to a destination that cannot be asked: never sent again by itself."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    sent: list[str] = []

    def cut_off(batch, _shop):
        sent.append(batch.name)
        raise KeyboardInterrupt

    silent = Destination(
        name="silent",
        limits=Limits(batch_messages=1),
        send=cut_off,
        has_landed=lambda *_: None,
        is_local=lambda _: True,
    )
    with pytest.raises(KeyboardInterrupt):
        export(engine, run, shop, destination=silent)

    report = export(engine, run, shop, destination=silent)

    assert (report.sent, report.unknown, len(sent)) == (0, 1, 1)


def test_the_unsubscribe_link_is_signed_at_the_sending(tmp_path, engine, monkeypatch):
    """What was approved holds the plain link; what leaves holds the signed one, with whatever key signs now."""
    shop = small.shop_in(tmp_path / "shop", small.SHOP + '[unsubscribe]\nurl = "https://shop.example/unsubscribe"\n')
    monkeypatch.setenv(links.KEYS_VARIABLE, "k" * 40)
    url = "https://shop.example/unsubscribe?m=abc"
    properties = [json.dumps({"unsubscribe_url": url, "locale": "de_DE"}), json.dumps({"locale": "de_DE"})]
    rows = [small.message(number, properties=text) for number, text in enumerate(properties, start=1)]
    run = small.publish_and_approve(engine, tmp_path / "runs", rows)

    monkeypatch.setenv(links.KEYS_VARIABLE, "n" * 40 + "," + "k" * 40)  # a new key since the approval
    report = export(engine, run, shop)

    (path,) = (shop.root / "exports").rglob("*.jsonl")
    left = {row["customer_id"]: row["properties"] for row in map(json.loads, path.read_text().splitlines())}
    assert report.sent == 2
    assert left["C1"]["unsubscribe_url"] == links.sign_link(url, keys=["n" * 40], language="de")
    assert "unsubscribe_url" not in left["C2"]
