"""A run folder goes into place whole, is known by its bytes, and voids what it replaces."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from personalization.errors import BadInput, WrongUse
from personalization.export import DESTINATIONS, export_run
from personalization.store import run_folder
from personalization.store.state import reading
from personalization.store.tables import approvals, runs
from tests.lib import published_runs as small


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return small.state_in(tmp_path)


def statuses(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as connection:
        query = select(runs.c.run_date, runs.c.status).order_by(runs.c.run_date, runs.c.run_id)
        return [(row.run_date.isoformat(), row.status) for row in connection.execute(query)]


def open_approvals(engine: Engine) -> int:
    with reading(engine) as connection:
        return len(connection.execute(select(approvals).where(approvals.c.voided_at.is_(None))).all())


def test_the_manifest_holds_every_file(tmp_path):
    """Files in folders count too, by their path in the run folder."""
    small.build(tmp_path, [small.message(1)])
    built = tmp_path / ".building" / small.NIGHT

    manifest = run_folder.verify_run(built)

    assert sorted(manifest.files) == ["messages.parquet", "report.html"]
    assert manifest.content["counts"] == {"messages": 1}


def test_the_same_content_gives_the_same_digest(tmp_path):
    """Two builds of one night are one build."""
    digests = [
        run_folder.verify_run(small.build(tmp_path / place, [small.message(1)])).digest for place in ("one", "two")
    ]

    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("spoil", "error", "problem"),
    [
        (lambda run: (run / "report.html").write_text("other"), WrongUse, r"report\.html: changed"),
        (lambda run: (run / "messages.parquet").unlink(), WrongUse, r"messages\.parquet: changed"),
        (lambda run: (run / "manifest.json").unlink(), WrongUse, "not a run folder"),
        (lambda run: (run / "manifest.json").write_text("{"), BadInput, "not a manifest"),
        (lambda run: (run / "manifest.json").write_text("{}"), BadInput, "not a manifest"),
    ],
)
def test_a_run_folder_that_is_not_as_it_was_is_refused(tmp_path, engine, spoil, error, problem):
    """The message names the first file that differs."""
    run = small.publish(engine, tmp_path / "runs", [small.message(1)])
    spoil(run)

    with pytest.raises(error, match=problem):
        run_folder.verify_run(run)


def test_an_identical_run_changes_nothing_and_keeps_its_approval(tmp_path, engine):
    """The same bytes published again are the run that was approved."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    before = (run / "manifest.json").stat().st_mtime_ns

    small.publish(engine, tmp_path / "runs", [small.message(1)])

    assert (run / "manifest.json").stat().st_mtime_ns == before
    assert statuses(engine) == [(small.NIGHT, "published")]
    assert open_approvals(engine) == 1
    assert not (tmp_path / "runs" / ".building" / small.NIGHT).exists()


def test_another_build_of_the_night_voids_the_approval(tmp_path, engine):
    """What was approved is not what lies there now."""
    small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])

    small.publish(engine, tmp_path / "runs", [small.message(2)])

    assert statuses(engine) == [(small.NIGHT, "voided"), (small.NIGHT, "published")]
    assert open_approvals(engine) == 0


def test_an_earlier_build_that_comes_back_needs_a_new_approval(tmp_path, engine):
    """A, then B, then A again: A counts again, its old approval does not."""
    for rows in ([small.message(1)], [small.message(2)], [small.message(1)]):
        run = small.publish_and_approve(engine, tmp_path / "runs", rows)
        assert open_approvals(engine) == 1
        assert run_folder.verify_run(run).run_date.isoformat() == small.NIGHT

    assert statuses(engine) == [(small.NIGHT, "published"), (small.NIGHT, "voided")]


def test_a_new_night_voids_the_older_ones(tmp_path, engine):
    """What they have not sent is decided anew; another runs folder is left alone."""
    small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    small.publish_and_approve(engine, tmp_path / "elsewhere", [small.message(2)])

    small.publish(engine, tmp_path / "runs", [small.message(1)], night="2011-11-21")

    assert sorted(statuses(engine)) == [
        (small.NIGHT, "published"),
        (small.NIGHT, "voided"),
        ("2011-11-21", "published"),
    ]
    assert open_approvals(engine) == 1


def test_an_older_night_is_published_as_voided(tmp_path, engine):
    """A night that is looked at afterwards cannot be sent beside a newer one."""
    small.publish(engine, tmp_path / "runs", [small.message(1)])
    small.publish(engine, tmp_path / "runs", [small.message(2)], night="2011-11-19")

    assert statuses(engine) == [("2011-11-19", "voided"), (small.NIGHT, "published")]


def test_a_night_that_was_sent_is_not_replaced(tmp_path, engine):
    """Other bytes are refused and the folder stays; the same bytes are welcome."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    shop = small.shop_in(tmp_path / "shop")
    export_run(engine, run=run, shop=shop, destination=DESTINATIONS["files"], now=small.DUE_AT, recheck=small.recheck())
    before = run_folder.verify_run(run).digest

    with pytest.raises(WrongUse, match="use another --runs"):
        small.publish(engine, tmp_path / "runs", [small.message(2)])
    small.publish(engine, tmp_path / "runs", [small.message(1)])

    assert run_folder.verify_run(run).digest == before
    assert statuses(engine) == [(small.NIGHT, "published")]


def test_the_build_that_was_sent_may_be_put_back(tmp_path, engine):
    """After its folder was lost, the very same build of a sent night takes its place again."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(1)])
    shop = small.shop_in(tmp_path / "shop")
    export_run(engine, run=run, shop=shop, destination=DESTINATIONS["files"], now=small.DUE_AT, recheck=small.recheck())
    shutil.rmtree(run)

    small.publish(engine, tmp_path / "runs", [small.message(1)])

    assert run_folder.verify_run(run).run_date.isoformat() == small.NIGHT
    assert statuses(engine) == [(small.NIGHT, "published")]


def test_a_publication_that_was_cut_off_is_mended(tmp_path, engine):
    """Killed between the two renames, or before the record: the next run of the night finds its way."""
    runs_folder = tmp_path / "runs"
    run = small.publish(engine, runs_folder, [small.message(1)])
    run.rename(runs_folder / f".{small.NIGHT}.old")
    run_folder.begin(run, runs_folder / ".building" / small.NIGHT)
    assert run_folder.verify_run(run)

    small.build(runs_folder, [small.message(2)]).rename(tmp_path / "kept")
    shutil.rmtree(run)
    (tmp_path / "kept").rename(run)
    small.publish(engine, runs_folder, [small.message(2)])

    assert statuses(engine) == [(small.NIGHT, "voided"), (small.NIGHT, "published")]


def test_two_nightlies_on_one_runs_folder_do_not_mix(tmp_path):
    """The second is refused while the first holds the lock, and welcome afterwards."""
    with run_folder.run_lock(tmp_path), pytest.raises(WrongUse, match="another nightly"), run_folder.run_lock(tmp_path):
        pass
    with run_folder.run_lock(tmp_path):
        pass
