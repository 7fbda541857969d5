"""Text messages are counted as a telephone counts them, and say what they have to."""

import json
import shutil

import pytest

from personalization.content import load_templates
from personalization.content.lines import parse_line
from personalization.content.sms import Parts, parts_of, write_sms
from tests.golden.rewrite_content import SHOP
from tests.unit.content.night import TEMPLATES, decision, due, night, only


@pytest.mark.parametrize(
    ("text", "alphabet", "units", "count"),
    [
        ("", "GSM-7", 0, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("€" * 80, "GSM-7", 160, 1),  # the extension counts two
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),  # and is not torn apart between two parts
        ("ß" * 160, "GSM-7", 160, 1),
        ("茶" * 70, "UCS-2", 70, 1),
        ("茶" * 71, "UCS-2", 71, 2),
        ("茶" * 134, "UCS-2", 134, 2),
        ("ő" + "a" * 70, "UCS-2", 71, 2),  # one foreign letter changes the alphabet of them all
        ("🎁" * 35, "UCS-2", 70, 1),
        ("a" * 66 + "🎁" + "a" * 66, "UCS-2", 134, 3),
    ],
)
def test_parts(text, alphabet, units, count):
    """160 and 153 in the default alphabet, 70 and 67 outside of it."""
    assert parts_of(text) == Parts(alphabet=alphabet, units=units, count=count)


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("Kettle 2\xa0l – “Ann’s” …", "Kettle 2 l - 'Ann's' ..."),
        ("Façade Šálek 🎁", "Facade Salek"),
        ("茶壺", "茶壺"),
        ("{{ 7*7 }} *|X|*", "7*7 X"),
    ],
)
def test_letters_are_plain_wherever_these_say_the_same(title, shown):
    """A dash or an accent does not cost a second part; a script of its own stays."""
    assert write_sms(parse_line("{{ title }}"), {"title": title}) == shown


def test_a_reminder_carries_its_text_message():
    """It stands beside the e-mail as a property: sender, link, and how to end such messages."""
    properties = json.loads(only(night(decision("ann", "replenishment", due())))["properties"])

    assert properties["sms_text"] == (
        "The Tea Shop: Running low on Loose Leaf Tea? https://shop.example/tea STOP to opt out"
    )


def test_a_program_without_one_has_none():
    """A suggestion is not worth a text message."""
    facts = {"sku": "tea", "product_type": "durable", "delivered_on": "2011-11-18"}

    assert "sms_text" not in json.loads(only(night(decision("ann", "onboarding", facts)))["properties"])


def test_a_text_that_is_too_long_is_not_offered():
    """Over three parts there is no text message; over one the lint counts it."""
    products = "sku | title | url\ntea | {} | https://shop.example/{}"
    long = night(decision("ann", "replenishment", due()), products=products.format("Tea", "x" * 120))
    too_long = night(decision("ann", "replenishment", due()), products=products.format("Tea", "x" * 600))

    assert "sms_text" in json.loads(only(long)["properties"])
    assert "sms_text" not in json.loads(only(too_long)["properties"])
    for rendered in (long, too_long):
        assert ("sms_length", "1 messages") in {(row["rule"], row["detail"]) for row in rendered.lint.to_pylist()}


@pytest.mark.parametrize(
    ("file", "old", "new", "found"),
    [
        ("replenishment/one/en.toml", "{{ short_title }}? {{ button_url }}", "it?", ("sms_link", "fail")),
        ("shared/en.toml", "STOP to opt out", "Bye", ("sms_opt_out", "fail")),
        ("replenishment/one/en.toml", 'sms = "Running', f'sms = "{"very " * 30}', ("sms_length", "warn")),
        ("replenishment/one/en.toml", 'sms = "Running', f'sms = "{"very " * 100}', ("sms_length", "fail")),
        ("replenishment/one/en.toml", 'sms = "Running', 'sms = "Guaranteed', ("denied_words", "fail")),
    ],
)
def test_the_lint_reads_text_messages(tmp_path, file, old, new, found):
    """No link, no way out, too long, or promising too much."""
    folder = shutil.copytree(TEMPLATES, tmp_path / "templates")
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")

    assert found in {(one.rule, one.severity) for one in load_templates(folder, SHOP).findings}
