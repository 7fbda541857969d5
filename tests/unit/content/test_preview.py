"""What `postlude preview` shows, and what it says where there is nothing to show."""

import pytest

from personalization.content.preview import View, preview_page
from tests.golden.rewrite_content import ROOT
from tests.lib.command import postlude

SHOP_FILE = ROOT / "shop.toml"


def test_a_view_cannot_break_out_of_its_frame():
    """Whatever stands in a message, the page around it holds no tag and no script of its own."""
    nasty = '"></iframe><script>alert(1)</script>'
    page = preview_page(
        [View(name=nasty, subject=nasty, preheader=nasty, html=nasty, text=nasty, sms=nasty)], title=nasty
    )

    assert "<script" not in page
    assert page.count("<iframe") == page.count("</iframe>") == page.count('sandbox loading="lazy"') == 3


def test_both_schemes_are_shown_whatever_the_readers_own_is():
    """The dark rules always hold in one frame and never in the other."""
    html = "<style>@media (prefers-color-scheme: dark) {}</style>"
    page = preview_page([View(name="a", subject="", preheader="", html=html, text="", sms=None)], title="t")

    assert "prefers-color-scheme" not in page
    assert (page.count("@media not all"), page.count("@media all")) == (2, 1)


def test_one_example_in_one_language(capsys, tmp_path):
    """The page holds the subject, the text message and the text twin."""
    out = tmp_path / "p.html"
    done = postlude(
        capsys, "preview", "replenishment/one", "--language", "de", "--example", "days of supply as authored",
        "--out", out, "--shop", SHOP_FILE,
    )  # fmt: skip

    assert (done.code, done.out) == (0, f"1 messages: {out}\n")
    page = out.read_text(encoding="utf-8")
    assert "replenishment/one · de · days of supply as authored" in page
    assert page.count("Abbestellen: STOP") == 1
    assert "60 Tage" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["replenishment/on"], "templates/replenishment/on: no such template; did you mean 'replenishment/one'?"),
        (["replenishment/one", "--language", "fr"], "--language fr: there is de, en"),
        (
            ["replenishment/one", "--example", "days of suply"],
            "template.toml: no such example; did you mean 'days of supply as authored'?",
        ),
        (["--customer", "12345"], "--customer and --run belong together"),
        (["--customer", "12345", "--run", "nowhere"], "not a run folder"),
        ([], "name a template, or --all"),
    ],
)
def test_what_is_not_there_is_named(capsys, tmp_path, arguments, message):
    """With what there is instead; nothing is written."""
    out = tmp_path / "p.html"
    done = postlude(capsys, "preview", *arguments, "--out", out, "--shop", SHOP_FILE)

    assert done.code == 2
    assert message in done.err
    assert not out.exists()
