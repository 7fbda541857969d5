"""`make up`: Airflow on this machine alone, with a log-in that a person can use and a stranger cannot pass."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, expect

from tests.lib.airflow_runs import airflow_environment
from tests.lib.compose_stack import LOOPBACK, ROOT, free_port, listening_addresses, wait_for

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Up:
    """A running tools/up.py."""

    url: str
    home: Path
    said: Path
    process: subprocess.Popen[bytes]

    @property
    def password(self) -> str:
        users = json.loads((self.home / "simple_auth_manager_passwords.json.generated").read_text())
        return str(users["admin"])


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    home, port = tmp_path_factory.mktemp("airflow"), free_port()
    said = home / "said.txt"
    environment = airflow_environment(home) | {"POSTLUDE_HOME": str(ROOT), "POSTLUDE_RUNS": str(home / "runs")}
    with said.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-u", ROOT / "tools/up.py", "--port", str(port)],
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_for(
            lambda: b"Sign in:" in said.read_bytes(),
            seconds=150,
            what="Airflow to answer",
            stop_when=lambda: ["up.py"] if process.poll() is not None else [],
        )
        yield Up(url=f"http://{LOOPBACK}:{port}", home=home, said=said, process=process)
    finally:
        end(process)


def test_a_stranger_is_refused(up: Up) -> None:
    """Without signing in the API tells nothing, and nothing at all can be reached from another machine."""
    assert httpx.get(f"{up.url}/api/v2/dags", timeout=30).status_code == 401
    assert listening_addresses([up.process]) == {LOOPBACK}


def test_a_person_signs_in_and_sees_the_dags(up: Up, chromium: Browser, tmp_path: Path) -> None:
    """The form takes the password that `make up` names, and the list shows the DAGs."""
    with httpx.Client(base_url=up.url, timeout=30) as api:
        answer = api.post("/auth/token", json={"username": "admin", "password": up.password}).raise_for_status()
        token = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        wait_for(
            lambda: api.get("/api/v2/dags", headers=token).json()["total_entries"] == 3,
            seconds=90,
            what="the DAGs to be read",
        )
    page = chromium.new_page()
    page.set_default_timeout(30_000)
    page.goto(f"{up.url}/dags")
    page.locator("input[name=username]").fill("admin")
    page.locator("input[name=password]").fill(up.password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/auth/login" not in url)
    page.goto(f"{up.url}/dags")

    for name in ("postlude_nightly", "postlude_export", "postlude_train"):
        expect(page.get_by_role("link", name=name).first).to_be_visible(timeout=30_000)
    page.screenshot(path=tmp_path / "dags.png")
    page.close()


def test_one_ctrl_c_ends_all_of_it(up: Up) -> None:
    """No part is left behind, and `make up` itself ends in order."""
    family = psutil.Process(up.process.pid).children(recursive=True)
    started = time.monotonic()
    up.process.send_signal(signal.SIGINT)
    code = up.process.wait(timeout=60)

    assert (code, len(family) >= 4) == (0, True), up.said.read_text()
    assert [process.name() for process in psutil.wait_procs(family, timeout=5)[1]] == []
    assert time.monotonic() - started < 30


def end(process: subprocess.Popen[bytes]) -> None:
    """End tools/up.py with everything that it started, however it went."""
    with suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=45)
        for member in (process, *family):
            with suppress(psutil.NoSuchProcess, ProcessLookupError):
                member.kill()
    process.wait(timeout=10)
