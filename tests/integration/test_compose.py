"""The compose file: its structure is checked, and its commands are run as plain processes on a real PostgreSQL."""

import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from personalization.settings import load_shop
from personalization.store.files import file_digest
from tests.conftest import Demo
from tests.lib import published_runs as small
from tests.lib.compose_stack import (
    LOOPBACK,
    PARTS,
    ROOT,
    VARIABLE,
    Stack,
    listening_addresses,
    read_compose,
    running_stack,
    wait_for,
)
from tools import make_env

SECRET_NAME = re.compile(r"PASSWORD|SECRET|FERNET|_KEY|TOKEN|CONN", re.IGNORECASE)
NIGHTLY, EXPORT = "postlude_nightly", "postlude_export"
NO_SECRET = {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"}  # a path


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return read_compose()


def test_the_services_are_airflows_parts_and_what_they_need(compose: dict[str, Any]) -> None:
    """Airflow runs in its four parts after a one-shot init; beside it are the database, the mail sink, and, where it is
    asked for, the app behind the unsubscribe links."""
    assert set(compose["services"]) == {*PARTS, "init", "postgres", "mailpit", "unsubscribe"}
    assert {name for name, service in compose["services"].items() if "profiles" in service} == {"unsubscribe"}
    assert {name: compose["services"][name]["command"][:2] for name in PARTS[1:]} == {
        "scheduler": ["airflow", "scheduler"],
        "dag-processor": ["airflow", "dag-processor"],
        "triggerer": ["airflow", "triggerer"],
    }
    assert compose["services"]["init"]["restart"] == "no"
    for name in PARTS:
        assert compose["services"][name]["depends_on"] == {"init": {"condition": "service_completed_successfully"}}


def test_the_app_that_is_reached_from_outside_knows_nothing_of_airflow(compose: dict[str, Any]) -> None:
    """It has the settings, the state database and the keys of the links, and no folder with customers in it."""
    service = compose["services"]["unsubscribe"]

    assert service["command"][:3] == ["postlude", "unsubscribe", "serve"]
    assert not [name for name in service["environment"] if name.startswith("AIRFLOW")]
    assert service["volumes"] == ["./shop.toml:/opt/postlude/shop.toml:ro"]


def test_every_published_port_is_on_loopback(compose: dict[str, Any]) -> None:
    """No port can be reached from another machine."""
    published = [port for service in compose["services"].values() for port in service.get("ports", ())]

    assert published
    assert [port for port in published if not re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)] == []
    assert not [name for name, service in compose["services"].items() if "network_mode" in service]


def test_no_secret_stands_in_the_file(compose: dict[str, Any]) -> None:
    """A setting that holds a secret takes it from .env and refuses to start without."""
    for name, service in compose["services"].items():
        for key, value in service.get("environment", {}).items():
            if SECRET_NAME.search(key) and key not in NO_SECRET:
                assert ":?run make env}" in str(value), f"{name}: {key}"


def test_every_required_variable_is_written_by_make_env() -> None:
    """`make env` writes what the file asks for, and nothing that it does not."""
    matches = list(VARIABLE.finditer((ROOT / "docker-compose.yml").read_text()))
    required = {match["name"] for match in matches if match["operator"] == ":?"}

    assert required == set(make_env.secret_values())
    assert {match["operator"] for match in matches if match["name"]} == {":?", ":-"}


def test_what_the_containers_write_to_is_made_and_mounted(compose: dict[str, Any], tmp_path: Path) -> None:
    """The folders that `make env` makes are those that Airflow's parts may write to, and that the image owns."""
    make_env.make_folders(tmp_path)
    folders = {path.name for path in tmp_path.iterdir()}
    owned = re.search(r"install -d .* data (.*)", (ROOT / "Dockerfile").read_text(encoding="utf-8"))

    for part in PARTS:
        mounts = [mount for mount in compose["services"][part]["volumes"] if mount.startswith("./")]
        assert {mount for mount in mounts if not mount.endswith(":ro")} == {
            f"./{name}:/opt/postlude/{name}" for name in folders
        }
    assert owned is not None
    assert set(owned[1].split()) == folders
    assert {load_shop(ROOT / "shop.toml").models.name, "runs", "exports"} == folders


def test_airflow_uses_local_processes_and_asks_for_a_log_in(compose: dict[str, Any]) -> None:
    """LocalExecutor, no examples, and never a log-in that lets everybody in."""
    for name in (*PARTS, "init"):
        settings = compose["services"][name]["environment"]
        assert settings["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
        assert settings["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
        assert settings["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "False"


def test_every_lasting_service_that_we_configure_has_a_health_check(compose: dict[str, Any]) -> None:
    """The mail sink brings its own; the one-shot init tells by its exit code."""
    without = {name for name, service in compose["services"].items() if "healthcheck" not in service}
    assert without == {"init", "mailpit"}


def test_the_image_installs_the_lock_with_its_digests_for_a_user_without_rights() -> None:
    """The Dockerfile takes every package from the lock and does not run as root."""
    text = (ROOT / "Dockerfile").read_text()

    assert "--require-hashes --only-binary :all: -r requirements.lock" in text
    assert re.findall(r"^USER (.*)$", text, re.MULTILINE) == ["postlude"]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo shop's settings at noon of the day after its night, when its messages are due."""
    folder = tmp_path_factory.mktemp("shop")
    for name in ("segments", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    text = (ROOT / "shop.toml").read_text(encoding="utf-8")
    (folder / "shop.toml").write_text(text.replace("T02:00:00", "T12:00:00"), encoding="utf-8")
    return folder / "shop.toml"


@pytest.fixture(scope="module")
def stack(demo: Demo, shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("airflow")
    runs = tmp_path_factory.mktemp("runs")
    with running_stack(home, dags=ROOT / "dags", shop=shop, data=demo.data, runs=runs) as running:
        yield running


@pytest.mark.slow
def test_the_same_commands_run_nights_without_docker(stack: Stack, demo: Demo) -> None:
    """The schedule's night and one asked for right after it give the bytes of the command line, and are one run."""
    with stack.client() as api:
        unpause(api, NIGHTLY)
        asked_for = trigger(api, NIGHTLY)
        ended = wait_for_runs(api, NIGHTLY, seconds=240)

    assert [(run["run_type"], run["state"]) for run in ended] == [("scheduled", "success"), ("manual", "success")]
    assert ended[1]["dag_run_id"] == asked_for
    run = Path(stack.environment["POSTLUDE_RUNS"]) / demo.run.name
    assert file_digest(run / "manifest.json") == file_digest(demo.run / "manifest.json")
    assert [row["state"] for row in listed(stack)] == ["waiting"]


@pytest.mark.slow
def test_an_approval_starts_the_export_by_itself(stack: Stack, shop: Path, demo: Demo) -> None:
    """Nothing leaves before the approval; then the export starts without its schedule and sends each message once."""
    run = Path(stack.environment["POSTLUDE_RUNS"]) / demo.run.name
    exports = shop.parent / "exports"
    with stack.client() as api:
        unpause(api, EXPORT)
        wait_for_runs(api, EXPORT, seconds=90)  # the schedule's latest tick
        left_before = list(exports.rglob("*.jsonl"))
        started = time.monotonic()
        stack.postlude("review", "approve", "--run", str(run))
        wait_for(lambda: list(exports.rglob("*.jsonl")), seconds=90, what="the messages to leave")
        took = time.monotonic() - started
        # At a quarter of an hour the schedule's own run may send first; the one that the approval starts comes too.
        wait_for(
            lambda: [run for run in runs_of(api, EXPORT) if run["run_type"] == "asset_triggered"],
            seconds=90,
            what="the approval to start an export",
        )
        ended = wait_for_runs(api, EXPORT, seconds=90)

    sent = small.sent_ids(load_shop(shop))
    assert left_before == []
    assert len(set(sent)) == len(sent)
    assert set(sent) == small.due_ids(run, small.NOON)
    assert {run["state"] for run in ended} == {"success"}
    assert "asset_triggered" in {run["run_type"] for run in ended}, took


@pytest.mark.slow
def test_the_parts_listen_on_loopback_only_and_want_a_log_in(stack: Stack) -> None:
    """Nothing can be reached from another machine, and a stranger on this one is turned away."""
    assert listening_addresses(stack.processes.values()) == {LOOPBACK}
    assert httpx.get(f"{stack.url}/auth/login", timeout=30).status_code == 200
    assert httpx.get(f"{stack.url}/api/v2/dags", timeout=30).status_code == 401
    wrong = httpx.post(f"{stack.url}/auth/token", json={"username": "admin", "password": "wrong"}, timeout=30)
    assert wrong.status_code == 401


@pytest.mark.slow
def test_both_databases_sort_text_by_code_point(stack: Stack) -> None:
    """The server is made with C.UTF-8, as the shared SQL needs."""
    for name in ("POSTLUDE_STATE_URL", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"):
        with psycopg.connect(stack.environment[name].replace("+psycopg", "")) as connection:
            assert connection.execute("SELECT 'a' > 'B' AND lower('É') = 'é'").fetchone() == (True,)


def unpause(api: httpx.Client, dag_id: str) -> None:
    wait_for(lambda: api.get(f"/dags/{dag_id}").status_code == 200, seconds=60, what="the DAG to be read")
    api.patch(f"/dags/{dag_id}", json={"is_paused": False}).raise_for_status()
    wait_for(lambda: runs_of(api, dag_id), seconds=60, what="the run of the schedule's latest tick")


def trigger(api: httpx.Client, dag_id: str) -> str:
    """Ask for a run of a DAG and return its id."""
    answer = api.post(f"/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": {}})
    return str(answer.raise_for_status().json()["dag_run_id"])


def wait_for_runs(api: httpx.Client, dag_id: str, *, seconds: float) -> list[dict[str, Any]]:
    """Wait until every run of a DAG has ended, and return them, the oldest first."""

    def have_ended() -> bool:
        return all(run["state"] in {"success", "failed"} for run in runs_of(api, dag_id))

    wait_for(have_ended, seconds=seconds, what=f"the runs of {dag_id} to end")
    return runs_of(api, dag_id)


def runs_of(api: httpx.Client, dag_id: str) -> list[dict[str, Any]]:
    answer = api.get(f"/dags/{dag_id}/dagRuns", params={"order_by": "run_after"}).raise_for_status()
    return list(answer.json()["dag_runs"])


def listed(stack: Stack) -> list[dict[str, Any]]:
    return list(json.loads(stack.postlude("review", "list", "--json")))
