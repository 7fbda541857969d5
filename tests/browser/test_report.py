"""The run report as a person sees it: on a telephone and a desk, by day and by night, and on paper."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import Demo

SCREENS = [(width, scheme) for width in (360, 1440) for scheme in ("light", "dark")]
CONTRAST = 4.5  # WCAG 2.2, 1.4.3, for text of ordinary size
SCRIPT = "<script>top.postMessage('ran', '*')</script>"
INFECT = "script => document.querySelectorAll('iframe').forEach(frame => { frame.srcdoc = script + frame.srcdoc })"
FREE = "script => document.body.append(Object.assign(document.createElement('iframe'), {srcdoc: script}))"
FAINT = """
limit => {
    const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const channels = colour => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => [r, g, b]
        .map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = element => {
        for (let e = element; e; e = e.parentElement) {
            const found = channels(getComputedStyle(e).backgroundColor);
            if (found[3] === 255) return found;
        }
        return [255, 255, 255];
    };
    const owns = e => [...e.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    return [...document.querySelectorAll('body *')].filter(e => owns(e) && e.checkVisibility()).map(e => {
        const style = getComputedStyle(e);
        const ink = light(channels(e instanceof SVGElement ? style.fill : style.color));
        const page = light(ground(e));
        const contrast = (Math.max(ink, page) + 0.05) / (Math.min(ink, page) + 0.05);
        return [e.textContent.trim().slice(0, 40), Math.round(contrast * 100) / 100];
    }).filter(([, contrast]) => contrast < limit);
}
"""


@dataclass(slots=True, kw_only=True)
class Report:
    """The report in a browser, with what the page said and asked for while it was open."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)

    def open(self, run: Path) -> None:
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked_for.append(request.url))
        self.page.goto((run / "report.html").as_uri())


ON_A_DESK = pytest.mark.parametrize("report", [(1440, "light")], indirect=True)


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]} px, {screen[1]}")
def report(request: pytest.FixtureRequest, chromium: Browser, demo: Demo) -> Iterator[Report]:
    width, scheme = request.param
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.set_default_timeout(20_000)
    opened = Report(page=context.new_page())
    opened.open(demo.run)
    yield opened
    context.close()


def test_the_report_fits_every_screen(report: Report, tmp_path: Path) -> None:
    """The page itself never scrolls sideways; a wide table does so by itself."""
    picture = tmp_path / "report.png"
    report.page.screenshot(path=picture, full_page=True)
    rows = report.page.evaluate("[...document.querySelectorAll('tr')].map(row => row.getBoundingClientRect().height)")

    assert max(rows) < 200  # a column that is squeezed makes its rows tall
    assert report.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert picture.stat().st_size > 10_000


@ON_A_DESK
def test_every_picture_is_there_and_says_what_it_shows(report: Report) -> None:
    """Five pictures are drawn, each with a label for those who cannot see it."""
    pictures = report.page.evaluate(
        "[...document.querySelectorAll('svg')].map(p => [p.getAttribute('aria-label'), p.getBoundingClientRect().width,"
        " p.querySelectorAll('path').length])"
    )

    assert len(pictures) == 5
    assert all(label and width > 300 and paths > 10 for label, width, paths in pictures), pictures


def test_text_stands_out_from_its_ground(report: Report) -> None:
    """No text, in the pictures neither, is fainter than the contrast that everybody can read."""
    assert report.page.evaluate(FAINT, CONTRAST) == []


def test_each_sample_mail_can_be_read(report: Report) -> None:
    """Every sample opens, shows its text, fits into its frame, and loads nothing from anywhere else."""
    shown = open_samples(report.page)

    assert len(shown) >= 3
    for text, too_wide in shown:
        assert len(text) > 200
        assert too_wide <= 0, text[:60]
    assert report.said == []
    assert [url for url in report.asked_for if not url.startswith(("file:", "about:", "data:"))] == []


def test_scripts_in_a_sample_mail_never_run(chromium: Browser, demo: Demo) -> None:
    """A script in a mail stays dead in its frame, while the same script in a frame without the sandbox runs."""
    page = chromium.new_page()
    page.goto((demo.run / "report.html").as_uri())
    page.evaluate("window.ran = 0; addEventListener('message', () => { window.ran += 1 })")
    sandboxes = page.evaluate("[...document.querySelectorAll('iframe')].map(frame => frame.getAttribute('sandbox'))")
    page.evaluate(INFECT, SCRIPT)
    open_samples(page)
    ran_inside = page.evaluate("window.ran")
    page.evaluate(FREE, SCRIPT)
    page.wait_for_function("window.ran > 0", timeout=20_000)

    assert set(sandboxes) == {""}
    assert ran_inside == 0
    page.close()


@ON_A_DESK
def test_headings_and_tables_tell_the_structure(report: Report) -> None:
    """One title, no level left out, and every column has a heading."""
    levels = report.page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(h => Number(h.tagName[1]))")
    tables = report.page.evaluate(
        "[...document.querySelectorAll('table')].map(t => [...t.rows].map(row => row.cells.length))"
    )
    headers = report.page.evaluate("[...document.querySelectorAll('th')].map(header => header.textContent.trim())")

    assert (levels[0], levels.count(1)) == (1, 1)
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert tables
    assert all(len(set(cells)) == 1 for cells in tables)
    assert all(headers)


def test_the_report_can_be_printed(chromium: Browser, demo: Demo, tmp_path: Path) -> None:
    """On paper, and from a dark screen too, the page is dark on light, without the mails' frames, within the sheet."""
    page = chromium.new_page(viewport={"width": 700, "height": 990}, color_scheme="dark")
    page.goto((demo.run / "report.html").as_uri())
    page.emulate_media(media="print")
    sheet = page.pdf(path=tmp_path / "report.pdf", format="A4")

    assert sheet.startswith(b"%PDF")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert page.locator("iframe:visible").count() == 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(FAINT, CONTRAST) == []
    page.close()


def open_samples(page: Page) -> list[tuple[str, int]]:
    """Open each sample mail and return its text, and by how many pixels it is wider than its frame."""
    shown = []
    for details in page.locator("details:has(iframe)").all():
        details.evaluate("element => { element.open = true }")
        details.scroll_into_view_if_needed()
        frame = details.locator("iframe").element_handle().content_frame()
        assert frame is not None
        frame.wait_for_function("document.body && document.body.innerText.length > 200")
        too_wide = frame.evaluate("document.documentElement.scrollWidth - innerWidth")
        shown.append((frame.evaluate("document.body.innerText"), too_wide))
        details.evaluate("element => { element.open = false }")
    return shown
