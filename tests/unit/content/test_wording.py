"""Titles, names, links, prices and spans as customers read them."""

from datetime import date

import pytest

from personalization.content.colours import colours, contrast
from personalization.content.inert import clean, display_name, display_title, html, plain, shorten
from personalization.content.lines import fill, parse_line
from personalization.content.links import safe_url
from personalization.content.wording import choose_tongue, day_text, long_ago_text, price_text, span_text

SITE = "https://shop.example"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("PACK OF 72 RETROSPOT CAKE CASES", "Pack of 72 Retrospot Cake Cases"),
        ("PAPER CHAIN KIT 50'S CHRISTMAS", "Paper Chain Kit 50's Christmas"),
        ("USB", "USB"),
        ("iPad  cover\n\u202eblue\u202c", "iPad cover blue"),
        ("{{ }}", ""),
        ("茶 壺", "茶 壺"),
    ],
)
def test_titles_are_calm_and_on_one_line(raw, shown):
    """Nobody is shouted at, and invisible marks are gone."""
    assert display_title(raw) == shown


def test_long_text_is_cut_at_a_word():
    """A cut is marked and never exceeds the length."""
    assert shorten("one two three four", length=12) == "one two…"
    assert len(shorten("x" * 500, length=45)) == 45


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Ann", "Ann"),
        (" Anne-Marie ", "Anne-Marie"),
        ("O'Neill", "O'Neill"),
        ("win at x.example/1", None),
        ("{{7}}", None),
        ("", None),
        (None, None),
        ("7", None),
        ("a" * 41, None),
    ],
)
def test_only_names_are_greeted(raw, name):
    """A link, a digit or a template sign is no first name."""
    assert display_name(raw) == name


def test_template_signs_are_entities_in_html_and_gone_in_text():
    """What an ESP would execute is inert in both."""
    assert html("{{ 7*7 }} *|X|* <b>") == "&#123;&#123; 7*7 &#125;&#125; &#42;&#124;X&#124;&#42; &lt;b&gt;"
    assert plain("{{ 7*7 }} *|X|* a|b **||x") == " 7*7  X a|b x"
    assert clean("a\u200fb\x00") == "ab"


@pytest.mark.parametrize(
    ("raw", "url"),
    [
        ("https://shop.example/a b", None),
        ("https://shop.example/{{x}}*|y", "https://shop.example/%7B%7Bx%7D%7D*%7Cy"),
        ("https://cdn.shop.example/x.jpg", "https://cdn.shop.example/x.jpg"),
        ("/pots", "https://shop.example/pots"),
        ("//evil.example/x", None),
        ("https://shop.example.evil.example/", None),
        ("https://shop.example@evil.example/", None),
        ("https://evilshop.example/", None),
        ("https://shop.example\\@evil.example/", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("https://[bad", None),
        ("https://shop.example/?to=ann@mail.example", None),
        ("", None),
        (None, None),
    ],
)
def test_only_the_shops_own_links_stand(raw, url):
    """Scheme and host decide; braces and merge marks are percent-encoded."""
    assert safe_url(raw, site_url=SITE, hosts=frozenset({"shop.example"})) == url


def test_prices_dates_and_spans_follow_the_locale():
    """Minor units follow the currency, nought is no price, and no span is shorter than a day."""
    assert price_text(1250, currency="GBP", locale="en_GB") == "£12.50"
    assert price_text(1250, currency="JPY", locale="en_GB") == "JP¥1,250"
    assert price_text(0, currency="GBP", locale="en_GB") is None
    assert price_text(None, currency="GBP", locale="en_GB") is None
    assert day_text(date(2011, 11, 18), locale="de_DE") == "18. November"
    assert [span_text(days, locale="en_GB") for days in (0.2, 30.5, 400)] == ["1 day", "31 days", "400 days"]


@pytest.mark.parametrize(
    ("days", "english", "german"),
    [
        (60, "60 days ago", "vor 60 Tagen"),
        (61, "2 months ago", "vor 2 Monaten"),
        (126, "4 months ago", "vor 4 Monaten"),
        (400, "13 months ago", "vor 13 Monaten"),
    ],
)
def test_what_is_long_ago_is_told_in_months(days, english, german):
    """Nobody says 126 days."""
    assert [long_ago_text(days, locale=locale) for locale in ("en_GB", "de_DE")] == [english, german]


@pytest.mark.parametrize(
    ("raw", "tongue"),
    [("de-AT", ("de", "de_AT")), ("fr_FR", ("en", "en_GB")), (None, ("en", "en_GB")), ("%%", ("en", "en_GB"))],
)
def test_a_locale_without_copy_reads_the_shops(raw, tongue):
    """Copy and formats never mix languages."""
    chosen = choose_tongue(raw, shop_locale="en_GB", languages=frozenset({"en", "de"}))

    assert (chosen.language, chosen.locale) == tongue


def test_a_line_is_filled_as_it_is_written():
    """Per cent signs are words, slots are values."""
    assert fill(parse_line("100 % {{ title }}, {{title}}"), {"title": "50%s"}) == "100 % 50%s, 50%s"


def test_button_text_reads_well_on_any_brand_colour():
    """White or dark, whichever stands out more; links on paper stay readable."""
    for brand in ("#1f4e5f", "#ffe600", "#888888", "#ffffff"):
        chosen = colours(brand)
        assert contrast(brand, chosen["on_brand"]) >= 3
        assert contrast(chosen["link"], "#ffffff") >= 4.5
