"""An export that is killed at any point, or run twice at once: every message once, none twice, none lost."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from personalization.export import DESTINATIONS, ExportReport, export_run
from personalization.export.destination import Destination, Limits
from personalization.store import files
from personalization.store.state import migrate, open_state
from tests.lib import published_runs as small
from tests.lib.postgres import new_database, postgres_server

SPAWN = multiprocessing.get_context("spawn")
FORK = multiprocessing.get_context("fork")
FILES = DESTINATIONS["files"]
# Few messages a batch, so that there is much to interrupt.
SMALL_BATCHES = Destination(
    name="files", limits=Limits(batch_messages=5), send=FILES.send, has_landed=FILES.has_landed, is_local=FILES.is_local
)
COUNT = 30


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
def run(url: str, tmp_path: Path) -> Path:
    engine = open_state(url)
    migrate(engine)
    return small.publish_and_approve(engine, tmp_path / "runs", [small.message(number) for number in range(COUNT)])


def everyone() -> list[str]:
    return sorted(small.message(number)["message_id"] for number in range(COUNT))


def export(url: str, run: Path, *, on_step=lambda _step: None) -> ExportReport:
    return export_run(
        open_state(url),
        run=run,
        shop=small.shop_in(run.parent.parent / "shop"),
        destination=SMALL_BATCHES,
        now=small.DUE_AT,
        recheck=small.recheck(COUNT),
        on_step=on_step,
    )


def _export_and_die(url: str, run: Path, at: int) -> None:
    """Export, and be killed at the *at*-th step or file operation."""
    left = iter(range(at))

    def maybe_die(*_: object) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    fsync = os.fsync

    def fsync_or_die(descriptor: int) -> None:
        maybe_die()  # after a file was written, before it has its name
        fsync(descriptor)
        maybe_die()

    files.os.fsync = fsync_or_die
    export(url, run, on_step=maybe_die)


@pytest.mark.parametrize("at", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 17])
def test_killed_at_each_point_of_a_batch(url: str, run: Path, at: int) -> None:
    """Whichever step of a batch the process dies at, the next export completes the run exactly."""
    worker = FORK.Process(target=_export_and_die, args=(url, run, at))
    worker.start()
    worker.join(60)
    assert worker.exitcode == -signal.SIGKILL

    report = export(url, run)
    again = export(url, run)

    shop = small.shop_in(run.parent.parent / "shop")
    assert small.sent_ids(shop) == everyone()
    assert report.sent + report.already_sent == COUNT
    assert (again.sent, again.already_sent) == (0, COUNT)
    assert [path.name for path in shop.root.rglob("*.part")] == []
    assert len(list(shop.root.rglob("*.csv"))) == len(list(shop.root.rglob("*.jsonl")))


def test_killed_again_and_again_at_random_moments(tmp_path: Path) -> None:
    """Twenty deaths at moments of a seeded clock, over and over on one run: still each message once."""
    url = f"sqlite:///{tmp_path}/state.sqlite"
    engine = open_state(url)
    migrate(engine)
    run = small.publish_and_approve(engine, tmp_path / "runs", [small.message(number) for number in range(COUNT)])
    chance = random.Random(7)

    for _ in range(20):
        worker = FORK.Process(target=export, args=(url, run))
        worker.start()
        time.sleep(chance.uniform(0.0, 0.12))
        worker.kill()
        worker.join(60)
    report = export(url, run)

    assert report.sent + report.already_sent == COUNT
    assert small.sent_ids(small.shop_in(tmp_path / "shop")) == everyone()


def test_exports_that_run_at_once_send_each_message_once(url: str, run: Path) -> None:
    """Three processes at once: one sends, the others find it sent."""
    workers = [SPAWN.Process(target=export, args=(url, run)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)

    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert small.sent_ids(small.shop_in(run.parent.parent / "shop")) == everyone()
