"""Old nights go; what is still open stays."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from personalization.export import DESTINATIONS, export_run
from personalization.review.approvals import reject
from personalization.store.retention import Pruned, disk_use, prune
from personalization.store.state import writing
from personalization.store.tables import ledger
from tests.lib import published_runs as small

NIGHT = date(2011, 11, 20)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return small.state_in(tmp_path)


def pruned(engine: Engine, tmp_path: Path, *, now=small.EXPIRES_AT, **given) -> Pruned:
    facts = {"nights": 60, "run_date": NIGHT + timedelta(days=60), "now": now, **given}
    return prune(engine, runs_folder=tmp_path / "runs", **facts)


def test_a_night_goes_when_it_is_old_and_done(tmp_path, engine):
    """The sixtieth night back goes, the fifty-ninth stays."""
    run = small.publish(engine, tmp_path / "runs", [small.message(1)])

    young = pruned(engine, tmp_path, run_date=NIGHT + timedelta(days=59))
    old = pruned(engine, tmp_path)

    assert young == Pruned(removed=(), kept=())
    assert old == Pruned(removed=(NIGHT,), kept=())
    assert not run.exists()


def test_a_night_that_waits_for_a_decision_or_a_sending_stays(tmp_path, engine):
    """Until its last message expires a run may still be approved; after a rejection it may go."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    waiting = pruned(engine, tmp_path, now=small.DUE_AT)
    reject(engine, run=run, reviewer="tom", reason="wrong", now=small.DUE_AT)

    assert waiting == Pruned(removed=(), kept=(NIGHT,))
    assert pruned(engine, tmp_path, now=small.DUE_AT).removed == (NIGHT,)


@pytest.mark.parametrize(("status", "is_kept"), [("sending", True), ("unknown", True), ("accepted", False)])
def test_a_night_with_an_unsettled_message_stays(tmp_path, engine, status, is_kept):
    """What became of every message must be known first."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    shop = small.shop_in(tmp_path / "shop")
    export_run(engine, run=run, shop=shop, destination=DESTINATIONS["files"], now=small.DUE_AT, recheck=small.recheck())
    with writing(engine) as connection:
        connection.execute(update(ledger).values(status=status))

    assert bool(pruned(engine, tmp_path).kept) == is_kept
    assert run.exists() == is_kept


def test_leftovers_of_other_nights_go(tmp_path, engine):
    """Half-built folders and snapshots of other nights are removed; this night's and unknown folders stay."""
    runs = tmp_path / "runs"
    for name in (".building/2011-11-01", ".snapshot/2011-11-01", ".snapshot/2012-01-19", "logs"):
        (runs / name).mkdir(parents=True)

    pruned(engine, tmp_path)

    left = sorted(path.relative_to(runs).as_posix() for path in runs.rglob("*") if path.is_dir())
    assert left == [".building", ".snapshot", ".snapshot/2012-01-19", "logs"]


def test_disk_use_is_stated_for_each_night(tmp_path):
    """Bytes of all files of a night, folders below it included."""
    for name, size in (("2011-11-20/a", 5), ("2011-11-20/scores/b", 7), ("2011-11-19/a", 3), ("logs/a", 9)):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * size)

    assert disk_use(tmp_path) == {date(2011, 11, 19): 3, date(2011, 11, 20): 12}
    assert disk_use(tmp_path / "nowhere") == {}
