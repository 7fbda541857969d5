"""The compose file: its structure is checked, and its commands are run as plain processes on a real PostgreSQL."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.lib.compose_stack import LOOPBACK, PARTS, ROOT, VARIABLE, Stack, read_compose, running_stack, wait_for
from tools import make_env

SECRET_NAME = re.compile(r"PASSWORD|SECRET|FERNET|_KEY|TOKEN|CONN", re.IGNORECASE)
NO_SECRET = {"AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"}  # a path


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """A DAG to run through the stack, with what it reads."""

    dag_id: str
    dags: Path
    shop: Path = ROOT / "shop.toml"
    data: Path = ROOT / "demo/data"
    params: dict[str, Any] = field(default_factory=dict)
    writes: str  # a pattern in the runs folder
    seconds: float = 240


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return read_compose()


def test_the_services_are_airflows_parts_and_what_they_need(compose: dict[str, Any]) -> None:
    """Airflow runs in its four parts after a one-shot init; beside it are only the database and the mail sink."""
    assert set(compose["services"]) == {*PARTS, "init", "postgres", "mailpit"}
    assert {name: compose["services"][name]["command"][:2] for name in PARTS[1:]} == {
        "scheduler": ["airflow", "scheduler"],
        "dag-processor": ["airflow", "dag-processor"],
        "triggerer": ["airflow", "triggerer"],
    }
    assert compose["services"]["init"]["restart"] == "no"
    for name in PARTS:
        assert compose["services"][name]["depends_on"] == {"init": {"condition": "service_completed_successfully"}}


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
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """A night small enough to test the machinery alone."""
    folder = tmp_path_factory.mktemp("dags")
    (folder / "nightly.py").write_text(
        textwrap.dedent('''
            """Writes a run, and reaches the state database."""
            import os
            from datetime import datetime
            from pathlib import Path

            from airflow.sdk import dag, task


            @dag(dag_id="postlude_nightly", schedule=None, start_date=datetime(2026, 1, 1))
            def postlude_nightly():
                @task
                def write():
                    import psycopg

                    url = os.environ["POSTLUDE_STATE_URL"].replace("+psycopg", "")
                    with psycopg.connect(url) as state:
                        answer = state.execute("SELECT 'a' > 'B' AND lower('É') = 'é'").fetchone()
                    assert answer == (True,)
                    Path(os.environ["POSTLUDE_RUNS"], "answer").touch()

                write()


            postlude_nightly()
        ''')
    )
    return Night(dag_id="postlude_nightly", dags=folder, writes="answer")


@pytest.fixture(scope="module")
def stack(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    home = tmp_path_factory.mktemp("airflow")
    runs = tmp_path_factory.mktemp("runs")
    with running_stack(home, dags=night.dags, shop=night.shop, data=night.data, runs=runs) as running:
        yield running


@pytest.mark.slow
def test_the_same_commands_run_a_night_without_docker(stack: Stack, night: Night) -> None:
    """The parts become healthy on PostgreSQL, and a night triggered through the API succeeds."""
    with stack.client() as api:
        assert run_dag(api, night) == "success"

    assert list(Path(stack.environment["POSTLUDE_RUNS"]).glob(night.writes))


@pytest.mark.slow
def test_the_parts_listen_on_loopback_only_and_want_a_log_in(stack: Stack) -> None:
    """Nothing can be reached from another machine, and a stranger on this one is turned away."""
    assert stack.listening_addresses() == {LOOPBACK}
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


def run_dag(api: httpx.Client, night: Night) -> str:
    """Unpause and trigger the night's DAG; return the state in which the run ended."""
    wait_for(lambda: api.get(f"/dags/{night.dag_id}").status_code == 200, seconds=60, what="the DAG to be read")
    api.patch(f"/dags/{night.dag_id}", json={"is_paused": False}).raise_for_status()
    answer = api.post(f"/dags/{night.dag_id}/dagRuns", json={"logical_date": None, "conf": night.params})
    answer.raise_for_status()
    path = f"/dags/{night.dag_id}/dagRuns/{answer.json()['dag_run_id']}"

    def state() -> str:
        return str(api.get(path).raise_for_status().json()["state"])

    wait_for(lambda: state() in {"success", "failed"}, seconds=night.seconds, what=f"{night.dag_id} to end")
    return state()
