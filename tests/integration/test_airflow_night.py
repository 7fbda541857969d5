"""The DAGs in real Airflow: a night, a held night, bad input, a failure that passes, and the export."""

import json
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email import message_from_string
from pathlib import Path

import pytest

from personalization import morning, pipeline
from personalization.store.files import file_digest
from personalization.store.models import FACTS
from tests.conftest import ROOT, Demo
from tests.lib import published_runs as small
from tests.lib.airflow_runs import Airflow, Mailbox, Ran, newest_run, running_airflow, running_mailbox
from tests.lib.compose_stack import LOOPBACK, wait_for
from tests.unit.scoring.made_shop import collectors_folder
from tools import run_dag

pytestmark = pytest.mark.slow
NIGHTLY, EXPORT, TRAIN = "postlude_nightly", "postlude_export", "postlude_train"
UNREACHABLE = f'state_url = "postgresql://{LOOPBACK}:1/nowhere"'
STEPS = ("plan", "import_sources", "snapshot", "check_readiness", "score", "build_audiences")
STEPS += ("render_content", "publish")


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
        (folder / "data" / path.name).hardlink_to(path)
    text = (
        (ROOT / "shop.toml")
        .read_text(encoding="utf-8")
        .replace("now = 2011-11-21T02:00:00", "now = 2011-11-21T12:00:00")
    )
    (folder / "shop.toml").write_text(f"{text}\n{alerts_to(port)}", encoding="utf-8")
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


def test_a_task_can_be_cleared_after_its_night(night: tuple[Place, Ran], demo: Demo) -> None:
    """Running a late step again, when the folder has long been published, gives the same bytes."""
    place, _ = night
    shop_file, runs = place.folder / "shop.toml", place.folder / "runs"
    plan = pipeline.plan_night(shop_file=shop_file, data=place.folder / "data", runs=runs, run_date=None, now=None)
    pipeline.run_step("render_content", plan)
    outcome = pipeline.run_step("publish", plan)

    assert outcome is not None
    assert not outcome["is_new"]
    assert digests(place.run) == digests(demo.run)


def test_wrong_settings_are_not_tried_again(airflow: Airflow, tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    """What only a person can mend fails at its first try."""
    place = small_place(tmp_path, mailbox)
    settings = place.folder / "shop.toml"
    settings.write_text(f"wrong = 1\n{settings.read_text(encoding='utf-8')}", encoding="utf-8")
    ran = airflow.run(EXPORT, **place.environment)

    assert (ran.run_state, set(ran.states.values()), set(ran.tries.values())) == ("failed", {"failed"}, {1})
    assert "shop.toml: wrong: unknown key" in ran.log


def test_a_held_night_is_red_as_held_and_told_once(airflow: Airflow, place: Place) -> None:
    """Without tracking and tickets every program is held: one task is red and says HELD, and one alert goes out."""
    for table in ("tickets", "tracking_events"):
        (place.folder / "data" / f"{table}.parquet").unlink()
    ran = airflow.run(NIGHTLY, **place.environment)

    assert (ran.code, ran.run_state) == (run_dag.ALL_HELD, "failed"), ran.log
    assert ran.states == {**dict.fromkeys(STEPS, "success"), "held_or_published": "failed"}
    assert set(ran.tries.values()) == {1}
    assert "AirflowFailException: HELD, nothing is broken: " in ran.log
    assert "every program is held" in ran.said
    assert [subject(mail) for mail in place.box.mails] == [
        "Postlude, night 2011-11-20: every marketing program is held tonight"
    ]
    assert place.run.joinpath("report.html").exists()


def test_bad_input_fails_at_once_and_leaves_the_previous_run(
    airflow: Airflow, place: Place, night: tuple[Place, Ran]
) -> None:
    """A truncated file is not tried again; the alert names task and file, and the night's run folder is as it was."""
    broken, earlier = place.folder / "data" / "orders.parquet", night[0]
    content = broken.read_bytes()
    broken.unlink()
    broken.write_bytes(content[:-40])
    before = digests(earlier.run)
    ran = airflow.run(NIGHTLY, **{**place.environment, "POSTLUDE_RUNS": str(earlier.folder / "runs")})

    assert (ran.code, ran.run_state) == (run_dag.FAILED, "failed")
    assert (ran.states["snapshot"], ran.tries["snapshot"]) == ("failed", 1)
    assert ran.states["publish"] == "upstream_failed"
    assert [subject(mail) for mail in place.box.mails] == ["Postlude, night 2011-11-20: the night failed"]
    assert "snapshot: " in place.box.mails[0]
    assert "orders.parquet" in place.box.mails[0]
    assert digests(earlier.run) == before


def test_what_was_approved_leaves_once(airflow: Airflow, night: tuple[Place, Ran]) -> None:
    """The export sends nothing before the approval nor while exports are paused, and then each message once."""
    place, _ = night
    shop_file, runs = place.folder / "shop.toml", place.folder / "runs"
    before = airflow.run(EXPORT, **place.environment)
    sent_before = place.sent
    morning.approve_run(place.run, shop_file=shop_file, now=None)
    morning.switch_exports(shop_file=shop_file, runs=runs, is_paused=True, reason="a parcel strike")
    paused = airflow.run(EXPORT, **place.environment)
    sent_while_paused = place.sent
    morning.switch_exports(shop_file=shop_file, runs=runs, is_paused=False, reason="it is over")
    first = airflow.run(EXPORT, **place.environment)
    sent = place.sent
    second = airflow.run(EXPORT, **place.environment)

    assert [ran.run_state for ran in (before, paused, first, second)] == ["success"] * 4, first.log
    assert (sent_before, sent_while_paused) == ([], [])
    assert len(set(sent)) == len(sent)
    assert set(sent) == small.due_ids(place.run, small.NOON)
    assert place.sent == sent


def test_a_refused_export_is_red_at_once_and_told_once(
    airflow: Airflow, tmp_path: Path, mailbox: tuple[Mailbox, int]
) -> None:
    """A run that changed after its approval fails the export without another try, and one alert says what changed."""
    place = small_place(tmp_path, mailbox)
    small.publish_and_approve(small.state_in(place.folder / "runs"), place.folder / "runs", [small.message(1)])
    with (place.run / "messages.parquet").open("ab") as file:
        file.write(b" ")
    ran = airflow.run(EXPORT, **place.environment)
    again = airflow.run(EXPORT, **place.environment)

    assert (ran.code, ran.run_state) == (run_dag.FAILED, "failed")
    assert (ran.states, ran.tries["send_due"]) == ({"send_due": "failed", "watch_nights": "success"}, 1)
    assert again.run_state == "failed"
    assert [subject(mail) for mail in place.box.mails] == ["Postlude, night 2011-11-20: the export failed"]
    assert "messages.parquet" in place.box.mails[0]
    assert place.sent == []


def test_what_may_pass_is_tried_again(airflow: Airflow, tmp_path: Path, mailbox: tuple[Mailbox, int]) -> None:
    """While the state database cannot be reached the tasks wait for another try; once it is back they succeed."""
    place = small_place(tmp_path, mailbox, head=UNREACHABLE)
    dags = impatient_dags(tmp_path)
    with ThreadPoolExecutor(1) as aside:
        running = aside.submit(airflow.run, EXPORT, dags=dags, **place.environment)
        wait_for(lambda: "up_for_retry" in states_now(airflow), seconds=60, what="the tasks to be tried again")
        told_too_early = list(place.box.mails)
        small_place(tmp_path, mailbox)
        ran = running.result()

    assert (ran.run_state, told_too_early) == ("success", [])
    assert min(ran.tries.values()) >= 2
    assert place.box.mails == []


def test_what_does_not_pass_is_told_when_the_tries_are_used_up(
    airflow: Airflow, tmp_path: Path, mailbox: tuple[Mailbox, int]
) -> None:
    """When the state database stays away the shop hears of it, though the alert itself cannot be recorded."""
    place = small_place(tmp_path, mailbox, head=UNREACHABLE)
    ran = airflow.run(EXPORT, dags=impatient_dags(tmp_path), **place.environment)

    assert ran.run_state == "failed"
    assert ran.tries["send_due"] == 4
    assert place.box.mails
    assert "the state database" in place.box.mails[0]


def test_the_weekly_training_leaves_its_finding_or_tells_why_not(
    airflow: Airflow, tmp_path: Path, mailbox: tuple[Mailbox, int]
) -> None:
    """It writes down what it found beside the shop's settings; where it fails for good, one alert says so."""
    place = small_place(tmp_path, mailbox)
    data = collectors_folder(place.folder / "data", 30)
    trained = airflow.run(TRAIN, **place.environment)
    mailed = list(place.box.mails)
    (data / "orders.parquet").write_bytes(b"no table")
    failed = airflow.run(TRAIN, **place.environment)
    facts = json.loads((place.folder / "models" / "2011-11-20" / FACTS).read_text(encoding="utf-8"))

    assert (trained.run_state, trained.states, mailed) == ("success", {"train": "success"}, []), trained.log
    assert facts["ranking"]["why"].startswith("too little to learn from: ")
    assert (failed.run_state, failed.tries) == ("failed", {"train": 1})
    assert [subject(mail) for mail in place.box.mails] == ["Postlude, night 2011-11-20: the weekly training failed"]
    assert "orders.parquet" in place.box.mails[0]


def small_place(folder: Path, mailbox: tuple[Mailbox, int], *, head: str = "") -> Place:
    """A small shop, whose state database may be elsewhere, with alerts to the mailbox; may be called again."""
    box, port = mailbox
    box.mails.clear()
    text = f"now = 2011-11-21T12:00:00\n{head}\n{small.SHOP}\n{alerts_to(port)}"
    small.shop_in(folder, text)
    return Place(folder=folder, box=box)


def alerts_to(port: int) -> str:
    return f'[alerts]\nemail_to = ["ops@shop.example"]\nsmtp_host = "{LOOPBACK}"\nsmtp_port = {port}\n'


def impatient_dags(folder: Path) -> Path:
    """A copy of the DAGs that does not wait between two tries."""
    copy = shutil.copytree(ROOT / "dags", folder / "dags", ignore=shutil.ignore_patterns("__pycache__"))
    for path in copy.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r'("retry_delay": timedelta)\(minutes=\d+\)', r"\1(seconds=1)", text), encoding="utf-8")
    return copy


def states_now(airflow: Airflow) -> set[str]:
    return {state for state, _ in newest_run(airflow.home, EXPORT)[1].values()}


def subject(mail: str) -> str:
    return str(message_from_string(mail)["Subject"])
