"""The gallery as a marketer sees it, and each message as a customer does: by day, by night, on a telephone."""

import pytest
from playwright.sync_api import Browser, Page

from personalization.content import load_templates, read_definition, try_example
from tests.browser.test_report import CONTRAST, FAINT
from tests.golden.rewrite_content import ROOT, SHOP
from tests.lib.command import postlude

TEMPLATES = ROOT / "templates"
SCREENS = [(640, "light"), (640, "dark"), (375, "light"), (375, "dark")]


def _offline(page: Page) -> Page:
    page.route("**/*", lambda route: route.abort() if route.request.url.startswith("http") else route.continue_())
    return page


@pytest.fixture(scope="module")
def mails() -> dict[str, str]:
    """Each template's first example in each language."""
    templates = load_templates(TEMPLATES, SHOP)
    found = {}
    for path in sorted(TEMPLATES.glob("*/*/template.toml")):
        definition = read_definition(path)
        for language in ("en", "de"):
            template = templates.compiled[definition.program, definition.variant, language]
            trial = try_example(template, definition.examples[0], shop=SHOP, hosts=templates.hosts, where=path)
            found[f"{template.name}/{language}"] = trial.html
    return found


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_every_message_reads_well(chromium: Browser, mails: dict[str, str], width: int, scheme: str) -> None:
    """No text is faint on its ground, and nothing is wider than the screen."""
    page = _offline(chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme))
    faults = {}
    for name, html in mails.items():
        page.set_content(html, wait_until="domcontentloaded")
        faint, is_wide = (
            page.evaluate(FAINT, CONTRAST),
            page.evaluate("document.documentElement.scrollWidth > innerWidth"),
        )
        if faint or is_wide:
            faults[name] = (faint, is_wide)
    page.close()

    assert faults == {}


def test_the_gallery_shows_every_message(
    chromium: Browser, tmp_path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One section a message, frames without scripts, both schemes whatever the reader's own is; a picture is kept."""
    done = postlude(
        capsys, "preview", "--all", "--language", "de", "--out", tmp_path / "g.html", "--shop", ROOT / "shop.toml"
    )
    page = _offline(chromium.new_page(viewport={"width": 1400, "height": 900}, color_scheme="light"))
    page.goto((tmp_path / "g.html").as_uri(), wait_until="domcontentloaded")
    sections, frames = page.locator("section"), page.locator("iframe")

    assert (done.code, sections.count(), frames.count()) == (0, 21, 63)
    assert {frame.get_attribute("sandbox") for frame in frames.all()[:3]} == {""}
    first = sections.first
    first.scroll_into_view_if_needed()
    grounds = []
    for number in (0, 1):
        body = first.locator("iframe").nth(number).content_frame.locator(".card").first
        body.wait_for()
        grounds.append(body.evaluate("card => getComputedStyle(card).backgroundColor"))
    picture = first.screenshot(path=tmp_path / "first.png")
    page.close()

    assert grounds == ["rgb(255, 255, 255)", "rgb(31, 37, 41)"]
    assert len(picture) > 10_000
