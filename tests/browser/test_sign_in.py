"""`make up`: Airflow on this machine alone, with a log-in that a person can use and a stranger cannot pass.

With it the review page, as a marketer finds it there.
"""

import json
import re
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
from playwright.sync_api import Browser, Page, expect

from personalization.reviewing import ShopDesk
from tests.lib import published_runs as small
from tests.lib import review_night
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
    desk: ShopDesk

    def password(self, name: str = "admin") -> str:
        users = json.loads((self.home / "simple_auth_manager_passwords.json.generated").read_text())
        return str(users[name])

    def token(self, name: str) -> str:
        """What a person's browser holds as the cookie _token once they are signed in."""
        form = {"username": name, "password": self.password(name)}
        answer = httpx.post(f"{self.url}/auth/token", json=form, timeout=30).raise_for_status()
        return str(answer.json()["access_token"])


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    home, port = tmp_path_factory.mktemp("airflow"), free_port()
    said = home / "said.txt"
    shop_file, runs = review_night.shop_in(home / "shop"), home / "runs"
    shop_file.write_text(f"now = {small.NOON.isoformat()}\n" + shop_file.read_text())
    desk = ShopDesk(shop_file=shop_file, runs_folder=runs)
    built = review_night.build(runs, *review_night.rows(), held="on time share: 81 % came in time; 88 % is needed.")
    review_night.publish(desk.engine, runs, built)
    environment = airflow_environment(home) | {
        "POSTLUDE_HOME": str(ROOT),
        "POSTLUDE_SHOP": str(shop_file),
        "POSTLUDE_RUNS": str(runs),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "admin:admin,vera:viewer",
    }
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
        yield Up(url=f"http://{LOOPBACK}:{port}", home=home, said=said, process=process, desk=desk)
    finally:
        end(process)


def test_a_stranger_is_refused(up: Up) -> None:
    """Without signing in the API tells nothing, and nothing at all can be reached from another machine."""
    assert httpx.get(f"{up.url}/api/v2/dags", timeout=30).status_code == 401
    assert listening_addresses([up.process]) == {LOOPBACK}


def test_a_person_signs_in_and_sees_the_dags(up: Up, chromium: Browser, tmp_path: Path) -> None:
    """The form takes the password that `make up` names, and the list shows the DAGs."""
    with httpx.Client(base_url=up.url, timeout=30) as api:
        token = {"Authorization": f"Bearer {up.token('admin')}"}
        wait_for(
            lambda: api.get("/api/v2/dags", headers=token).json()["total_entries"] == 3,
            seconds=90,
            what="the DAGs to be read",
        )
    page = signed_in(up, chromium)
    page.goto(f"{up.url}/dags")

    for name in ("postlude_nightly", "postlude_export", "postlude_train"):
        expect(page.get_by_role("link", name=name).first).to_be_visible(timeout=30_000)
    page.screenshot(path=tmp_path / "dags.png")
    page.close()


def test_the_review_page_asks_airflow_who_it_is(up: Up) -> None:
    """A stranger gets nothing, a viewer of Airflow may look and not decide, and another site's form is refused."""
    night = f"{up.url}/postlude-review/nights/{small.NIGHT}"
    digest = up.desk.tonight(small.NIGHT).digest
    viewer, admin = ({"Cookie": f"_token={up.token(name)}"} for name in ("vera", "admin"))
    with httpx.Client(timeout=60, headers={"Sec-Fetch-Site": "same-origin"}) as client:
        strange = [client.get(night).status_code, client.post(f"{night}/approve", data={"digest": digest}).status_code]
        looks = client.get(f"{night}/decide", headers=viewer)
        decides = client.post(f"{night}/approve", data={"digest": digest}, headers=viewer)
        token = re.search(r'name="token" value="(\w+)"', client.get(f"{night}/decide", headers=admin).text)
        assert token
        form = {"digest": digest, "token": token[1]}
        forged = client.post(f"{night}/approve", data=form, headers={**admin, "Sec-Fetch-Site": "same-site"})

    assert strange == [401, 401]
    assert (looks.status_code, "Decisions are for approvers" in looks.text) == (200, True)
    assert (decides.status_code, "decisions are for approvers" in decides.text) == (403, True)
    assert forged.status_code == 403
    assert up.desk.log() == ()


def test_a_marketer_finds_the_review_page_and_decides_in_part(up: Up, chromium: Browser, tmp_path: Path) -> None:
    """From Airflow's navigation: read why a program is held, see a mail, leave a segment out, approve the rest."""
    page = signed_in(up, chromium)
    page.get_by_role("link", name="Review", exact=True).click()
    review = page.frame_locator("iframe")
    expect(review.get_by_text("On time share: 81 % came in time; 88 % is needed.")).to_be_visible(timeout=60_000)
    review.get_by_role("link", name="Read the messages").click()
    review.get_by_text("See it as an e-mail").click()
    expect(review.frame_locator("iframe.phone").get_by_text("Tea lights")).to_be_visible()
    review.get_by_role("link", name="Decide", exact=True).click()
    review.get_by_label("Leave out “By their own rhythm”").check()
    review.get_by_role("button", name="Go on").click()
    review.get_by_role("button", name="Approve these 1").click()
    state = review.get_by_role("region", name="State of this night")
    expect(state).to_contain_text("Approved in part by admin")
    page.screenshot(path=tmp_path / "review.png")
    page.close()

    assert [(line.reviewer, line.messages) for line in up.desk.log()] == [("admin", "1 of 4")]


def signed_in(up: Up, chromium: Browser) -> Page:
    """A page of Airflow's, signed in by its form."""
    page = chromium.new_page()
    page.set_default_timeout(30_000)
    page.goto(f"{up.url}/dags")
    page.locator("input[name=username]").fill("admin")
    page.locator("input[name=password]").fill(up.password())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/auth/login" not in url)
    return page


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
