"""The review page in a browser as `postlude review serve` gives it: by keyboard, on a telephone, without any script."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from personalization.reviewing import ShopDesk
from tests.browser.test_report import CONTRAST, FAINT
from tests.lib import published_runs as small
from tests.lib import review_night
from tests.lib.compose_stack import LOOPBACK, free_port, wait_for

PASSWORD = "correct horse battery"
WHY = "on time share: 81.0 % of 900 parcels came in time; 88 % is needed."


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A running `postlude review serve`, and the desk that it serves."""

    url: str
    desk: ShopDesk


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder, port = tmp_path_factory.mktemp("served"), free_port()
    shop_file, runs = review_night.shop_in(folder / "shop"), folder / "runs"
    shop_file.write_text(f"now = {small.NOON.isoformat()}\n" + shop_file.read_text())
    desk = ShopDesk(shop_file=shop_file, runs_folder=runs)
    messages, decisions = review_night.rows()
    messages[0] = small.message(
        1, subject=f"Tea {review_night.SCRIPT}", html=f"<h1>Tea lights</h1>{review_night.SCRIPT}"
    )
    review_night.publish(desk.engine, runs, review_night.build(runs, messages, decisions, held=WHY))
    review_night.keep_tables(runs)
    review, where = [Path(sys.executable).parent / "postlude", "review"], ["--shop", shop_file, "--runs", runs]
    adds = [*review, "adduser", "mara", "--role", "approver", *where]
    subprocess.run(adds, input=f"{PASSWORD}\n", text=True, check=True, timeout=60)
    command = [*review, "serve", "--port", str(port), *where]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        url = f"http://{LOOPBACK}:{port}"
        wait_for(
            lambda: _answers(url),
            seconds=90,
            what="the review page to answer",
            stop_when=lambda: ["review serve"] if process.poll() is not None else [],
        )
        yield Served(url=url, desk=desk)
    finally:
        process.terminate()
        _, said = process.communicate(timeout=20)
        assert said == ""


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/sign-in", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_marketer_decides_with_the_keyboard_alone_on_a_telephone(
    served: Served, chromium: Browser, tmp_path: Path
) -> None:
    """Sign in, read why a program is held, see a mail, leave a segment out, approve the rest; nothing is cut off."""
    page = chromium.new_page(viewport={"width": 360, "height": 780}, color_scheme="dark")
    page.set_default_timeout(30_000)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append("a script ran") or dialog.dismiss())
    page.goto(served.url)
    page.locator("#name").focus()
    page.keyboard.type("mara")
    press(page, "Tab")
    page.keyboard.type(PASSWORD)
    press(page, "Enter")
    page.wait_for_url(f"{served.url}/nights/{small.NIGHT}")
    press(page, "Tab")
    skipped_to = page.evaluate("document.activeElement.getAttribute('href')")

    expect(page.get_by_text("On time share: 81.0 % of 900 parcels came in time; 88 % is needed.")).to_be_visible()
    expect(page.get_by_text("What to do:")).to_be_visible()
    assert skipped_to == "#main"
    check_page(page)

    page.get_by_role("link", name="Read the messages").press("Enter")
    page.locator("summary", has_text="See it as an e-mail").press("Enter")
    expect(page.frame_locator("iframe.phone").get_by_role("heading", name="Tea lights")).to_be_visible()
    check_page(page)

    page.get_by_role("link", name="Decide", exact=True).press("Enter")
    page.get_by_label("Leave out “By their own rhythm”").press("Space")
    check_page(page)
    page.screenshot(path=tmp_path / "decide.png", full_page=True)
    page.get_by_role("button", name="Go on").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Approve 1, leave out 3?")
    check_page(page)
    page.get_by_role("button", name="Approve these 1").press("Enter")
    expect(page.get_by_role("region", name="State of this night")).to_contain_text("Approved in part by mara")

    page.get_by_role("link", name="Log", exact=True).press("Enter")
    expect(page.get_by_role("row", name="mara").first).to_contain_text("1 of 4")
    check_page(page)
    assert [line.decision for line in served.desk.log()] == ["approved in part"]
    assert [text for text in said if "frame" not in text] == []
    page.close()


def check_page(page: Page) -> None:
    """Nothing is wider than the screen, everything can be told from its ground, and a reader finds its way."""
    page.wait_for_load_state()
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => Number(h.tagName[1]))")
    unnamed = page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden]),textarea')].filter(e => !e.labels.length).length"
    )

    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.evaluate(FAINT, CONTRAST) == []
    assert (levels[0], levels.count(1), unnamed) == (1, 1, 0)
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.get_by_role("main").count() == page.get_by_role("banner").count() == 1
