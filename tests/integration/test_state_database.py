"""The state database on both engines: SQLite and a real PostgreSQL."""

import multiprocessing
import threading
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, select, text

from personalization.errors import ConfigurationInvalid, StateUnavailable
from personalization.export import ledger
from personalization.store import run_folder, state
from personalization.store.migrations import HEAD, alembic_config
from personalization.store.tables import ledger as ledger_table
from personalization.store.tables import metadata
from tests.lib import published_runs as small
from tests.lib.postgres import new_database, postgres_server

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/state.sqlite"
    return new_database(request.getfixturevalue("server"))


@pytest.fixture
def engine(url: str) -> Engine:
    engine = state.open_state(url)
    state.migrate(engine)
    return engine


def test_the_migrations_build_the_tables_that_the_code_uses(engine: Engine) -> None:
    """Alembic finds no difference, and the known head is the newest file."""
    with state.reading(engine) as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)

    assert differences == []
    assert ScriptDirectory.from_config(alembic_config()).get_heads() == [HEAD]


def test_the_engine_itself_allows_one_live_row_a_message(engine: Engine) -> None:
    """The unique index is partial on both engines, whatever the code does."""
    indexes = {index["name"]: index for index in inspect(engine).get_indexes("ledger")}

    partial = indexes["uq_ledger_live_message"]
    assert bool(partial["unique"])
    assert "accepted" in str(partial["dialect_options"][f"{engine.dialect.name}_where"])


def test_a_database_of_a_newer_version_is_refused(engine: Engine) -> None:
    """An older Postlude does not touch what a newer one migrated."""
    with state.writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(ConfigurationInvalid, match="newer Postlude"):
        state.migrate(engine)


def _migrate(url: str) -> None:
    state.migrate(state.open_state(url))


def test_processes_that_migrate_at_once_do_not_disturb_each_other(url: str) -> None:
    """All of four end well, and the schema is there once."""
    workers = [SPAWN.Process(target=_migrate, args=(url,)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    with state.reading(state.open_state(url)) as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1


def test_exporters_that_run_at_once_reserve_each_message_once(engine: Engine, tmp_path: Path) -> None:
    """Even without the lock that lets one sender in at a time, no message is claimed twice."""
    rows = [small.message(number) for number in range(400)]
    small.publish_and_approve(engine, tmp_path / "runs", rows)
    messages = small.messages_table(sorted(rows, key=lambda row: row["message_id"]))
    messages = messages.append_column("reason", pa.nulls(len(rows), pa.string()))
    claimed: list[frozenset[str]] = []
    barrier = threading.Barrier(4)

    def reserve(number: int) -> None:
        claim = ledger.Claim(
            run_id=1,
            run_date=date(2011, 11, 20),
            destination=f"destination {number % 2}",
            token=f"token {number}",
            classes={},
        )
        barrier.wait()
        for start in range(0, 400, 50):
            with state.writing(engine) as connection:
                ledger.reserve(connection, messages.slice(start, 50), claim, now=small.DUE_AT)
        with state.reading(engine) as connection:
            mine = select(ledger_table.c.message_id).where(ledger_table.c.claim == claim.token)
            claimed.append(frozenset(connection.execute(mine).scalars()))

    threads = [threading.Thread(target=reserve, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sum(len(ids) for ids in claimed) == 400
    assert frozenset().union(*claimed) == {row["message_id"] for row in rows}


def values(*found: float | None) -> dict[str, pa.Array]:
    """Return what checks found and the threshold they were held against."""
    return {"value": pa.array(found, pa.float64()), "threshold": pa.array([0.9] * len(found), pa.float64())}


def test_a_night_reads_only_what_was_recorded_for_earlier_nights(engine: Engine) -> None:
    """Neither its own verdicts and holdouts nor those of a later night are seen; order never depends on the engine."""
    for night, verdict in ((date(2011, 11, 18), "pass"), (date(2011, 11, 19), "hold"), (date(2011, 11, 20), "warn")):
        checks = {"check": ["b", "a", "É"], "scope": ["shop"] * 3, "program": ["p"] * 3}
        state.record_verdicts(
            engine,
            night,
            pa.table({**checks, "raw_verdict": [verdict] * 3, "verdict": [verdict] * 3, **values(0.9, None, 1.0)}),
        )
        state.record_holdouts(
            engine,
            night,
            pa.table({"customer_id": ["C1", f"D{night.day}"], "program": ["p", "p"], "is_withheld": [True, False]}),
        )

    before = state.read_state_before(engine, date(2011, 11, 20))

    assert [str(row["night"]) + row["check"] for row in before.verdict_history.to_pylist()] == [
        f"2011-11-{day}{check}" for day in (18, 19) for check in ("a", "b", "É")
    ]
    assert [(row["customer_id"], row["assigned_night"].day) for row in before.holdouts_before.to_pylist()] == [
        ("C1", 18),
        ("D18", 18),
        ("D19", 19),
    ]
    assert before.sent_before.schema == state.SENT_BEFORE
    assert before.sent_before.num_rows == 0


def test_a_rebuilt_night_leaves_no_trace_of_its_first_draw(engine: Engine) -> None:
    """Whom only the first build drew is free again; what another night assigned stays as it is."""

    def draw(night: int, *people: str, is_withheld: bool) -> None:
        count = len(people)
        drawn = {"customer_id": people, "program": ["p"] * count, "is_withheld": [is_withheld] * count}
        state.record_holdouts(engine, date(2011, 11, night), pa.table(drawn))

    draw(18, "C1", is_withheld=True)
    draw(19, "C1", "C2", "C3", is_withheld=True)
    draw(20, "C4", is_withheld=True)
    draw(19, "C1", "C3", "C4", is_withheld=False)

    kept = state.read_state_before(engine, date(2011, 11, 21)).holdouts_before.to_pylist()
    assert [(row["customer_id"], row["is_withheld"], row["assigned_night"].day) for row in kept] == [
        ("C1", True, 18),
        ("C3", False, 19),
        ("C4", True, 20),
    ]


def test_what_other_runs_sent_is_read_whatever_their_night_and_folder(engine: Engine, tmp_path: Path) -> None:
    """A run's own messages are left out, those of the same night in another folder and of a later night are not."""
    from personalization.export import DESTINATIONS, export_run

    shop, ids = small.shop_in(tmp_path / "shop"), []
    for number, (folder, night) in enumerate((("a", small.NIGHT), ("b", small.NIGHT), ("b", "2011-11-21"))):
        run = small.publish_and_approve(engine, tmp_path / folder, [small.message(number)], night=night)
        facts = {"shop": shop, "destination": DESTINATIONS["files"], "now": small.DUE_AT, "recheck": small.recheck()}
        export_run(engine, run=run, **facts)
        digest = run_folder.verify_run(run).digest
        ids.append(run_folder.published_id(engine, run, digest))

    elsewhere = [state.read_sent_elsewhere(engine, run_id=run_id) for run_id in (*ids, None)]

    assert [sorted(table["customer_id"].to_pylist()) for table in elsewhere] == [
        ["C1", "C2"],
        ["C0", "C2"],
        ["C0", "C1"],
        ["C0", "C1", "C2"],
    ]
    assert {table.schema for table in elsewhere} == {state.SENT_BEFORE}
    assert run_folder.published_id(engine, tmp_path / "a" / small.NIGHT, "another") is None


def test_recording_a_night_again_replaces_its_verdicts(engine: Engine) -> None:
    """A repeated night leaves one row a check."""
    row = {"check": ["a"], "scope": ["shop"], "program": ["p"], "raw_verdict": ["pass"]}
    for verdict in ("pass", "hold"):
        state.record_verdicts(engine, date(2011, 11, 19), pa.table({**row, "verdict": [verdict], **values(0.5)}))

    history = state.read_state_before(engine, date(2011, 11, 20)).verdict_history

    assert history["verdict"].to_pylist() == ["hold"]
    assert history["value"].to_pylist() == [0.5]


def test_a_database_that_cannot_be_reached_is_a_passing_trouble() -> None:
    """A refused connection is StateUnavailable, without the address in the message."""
    unreachable = state.open_state("postgresql://someone:secret@127.0.0.1:1/state")
    with pytest.raises(StateUnavailable) as refused:
        state.migrate(unreachable)

    assert refused.value.is_transient
    assert "secret" not in str(refused.value)


def test_a_locked_file_is_a_passing_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second writer waits its time and is then told that the database is locked."""
    monkeypatch.setattr(state, "BUSY_SECONDS", 0.05)
    engine = small.state_in(tmp_path)

    with state.writing(engine), pytest.raises(StateUnavailable, match="locked"):
        state.record_verdicts(engine, date(2011, 11, 19), state.VERDICT_HISTORY.empty_table())


@pytest.mark.parametrize("url", ["mysql://host/name", "not an address", "sqlite+unknown:///x"])
def test_an_address_that_cannot_be_used_is_named_as_such(url: str) -> None:
    """Neither another engine nor nonsense gets further than opening."""
    with pytest.raises(ConfigurationInvalid, match="state_url"):
        state.open_state(url)


def test_a_published_run_is_found_again_on_both_engines(engine: Engine, tmp_path: Path) -> None:
    """Publish, approve, export and read back, all on the engine at hand."""
    from personalization.export import DESTINATIONS, export_run

    shop = small.shop_in(tmp_path / "shop")
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1), small.message(2)])
    name = run_folder.name_runs_folder(tmp_path / "runs")
    waiting = state.approved_nights(engine, name)

    report = export_run(
        engine, run=run, shop=shop, destination=DESTINATIONS["files"], now=small.DUE_AT, recheck=small.recheck()
    )
    sent = state.read_state_before(engine, date(2011, 11, 21)).sent_before

    assert waiting == (date.fromisoformat(run.name),)
    assert state.approved_nights(engine, name) == ()
    assert state.approved_nights(engine, "another runs folder") == ()
    assert report.sent == 2
    assert sorted(sent["customer_id"].to_pylist()) == ["C1", "C2"]
    assert sent["sent_at"].to_pylist() == [datetime(2011, 11, 21, 10, 5)] * 2
    assert state.read_state_before(engine, date(2011, 11, 20)).sent_before.num_rows == 0
