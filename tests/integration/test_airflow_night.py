"""The DAGs in real Airflow: a night, a held night, bad input, a failure that passes, and the export."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from personalization import morning
from personalization.store.files import file_digest
from tests.conftest import ROOT, Demo
from tests.lib import published_runs as small
from tests.lib.airflow_runs import Airflow, Mailbox, Ran, newest_run, running_airflow, running_mailbox
from tests.lib.compose_stack import LOOPBACK, wait_for
from tools import up

pytestmark = pytest.mark.slow
NIGHTLY, EXPORT = "postlude_nightly", "postlude_export"
STEPS = ("plan", "snapshot", "check_readiness", "score", "build_audiences", "render_content", "publish")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A shop with its own settings, data, runs and mailbox, as the environment of Airflow's workers names it."""

    folder: Path
    box: Mailbox

    @property
    def environment(self) -> dict[str, str]:
        return {
            "POSTLUDE_HOME": str(self.folder),
            "POSTLUDE_SHOP": str(self.folder / "shop.toml"),
            "POSTLUDE_DATA": str(self.folder / "data"),
            "POSTLUDE_RUNS": str(self.folder / "runs"),
        }

    @property
    def run(self) -> Path:
        return self.folder / "runs" / "2011-11-20"

    @property
    def sent(self) -> list[str]:
        return small.sent_ids(morning.load_shop(self.folder / "shop.toml"))


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    with running_airflow(tmp_path_factory.mktemp("airflow")) as running:
        yield running


@pytest.fixture(scope="module")
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    with running_mailbox() as running:
        yield running


def make_place(folder: Path, demo: Demo, mailbox: tuple[Mailbox, int]) -> Place:
    """The demo shop at noon of the day after its night, when messages are due, with alerts to the mailbox."""
    box, port = mailbox
    box.mails.clear()
    folder.mkdir(exist_ok=True)
    for name in ("segments", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "data").mkdir()
    for path in demo.data.iterdir():
        (folder / "data" / path.name).symlink_to(path)
    text = (
        (ROOT / "shop.toml")
        .read_text(encoding="utf-8")
        .replace("now = 2011-11-21T02:00:00", "now = 2011-11-21T12:00:00")
    )
    alerts = f'[alerts]\nemail_to = ["ops@shop.example"]\nsmtp_host = "{LOOPBACK}"\nsmtp_port = {port}\n'
    (folder / "shop.toml").write_text(f"{text}\n{alerts}", encoding="utf-8")
    return Place(folder=folder, box=box)


@pytest.fixture
def place(tmp_path: Path, demo: Demo, mailbox: tuple[Mailbox, int]) -> Place:
    return make_place(tmp_path / "shop", demo, mailbox)


@pytest.fixture(scope="module")
def night(
    tmp_path_factory: pytest.TempPathFactory, demo: Demo, mailbox: tuple[Mailbox, int], airflow: Airflow
) -> tuple[Place, Ran]:
    """The demo shop's night, run by Airflow."""
    made = make_place(tmp_path_factory.mktemp("night") / "shop", demo, mailbox)
    return made, airflow.run(NIGHTLY, **made.environment)


def digests(run: Path) -> dict[str, str]:
    return {str(path.relative_to(run)): file_digest(path) for path in sorted(run.rglob("*")) if path.is_file()}


def test_a_night_in_airflow_gives_the_same_bytes_as_without(night: tuple[Place, Ran], demo: Demo) -> None:
    """Every task succeeds at its first try, nothing is sent, and each file is as the command line writes it."""
    place, ran = night

    assert (ran.code, ran.run_state) == (0, "success"), ran.log
    assert ran.states == dict.fromkeys((*STEPS, "held_or_published"), "success")
    assert set(ran.tries.values()) == {1}
    assert digests(place.run) == digests(demo.run)
    assert place.sent == []
    assert place.box.mails == []
