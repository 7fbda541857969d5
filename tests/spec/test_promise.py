"""What messages may promise (R30); tables to read. All messages are sent on 21 November.

Which days a lane has earned is shown in test_next_steps: from 50 parcels in 60 days on, those by which a tenth and nine
tenths had arrived. Here is what is made of them, and which words no copy may hold.
"""

import json
import shutil

import pytest

from personalization.content import load_templates
from personalization.content.lines import parse_line
from personalization.content.promise import copy_problems, denied_in
from tests.golden.rewrite_content import SHOP
from tests.lib.tables import canonical
from tests.unit.content.night import TEMPLATES, decision, night

LATE = {
    "delay": "late",
    "ordered_on": "2011-11-08",
    "promised_on": "2011-11-18",
    "state": "in_transit",
    "page": "tracking",
    "items": [{"sku": "tea", "qty": 2}],
}

# the days that the lane has earned: what is said in English, and in German
WORDS = {
    ("2011-11-22", "2011-11-25"): (
        "Most parcels on this route arrive between 22 November and 25 November.",
        "Die meisten Pakete auf diesem Weg kommen zwischen dem 22. November und dem 25. November an.",
    ),
    ("2011-11-22", "2011-11-22"): (
        "Most parcels on this route arrive on 22 November.",
        "Die meisten Pakete auf diesem Weg kommen am 22. November an.",
    ),
    ("2011-11-18", "2011-11-21"): (
        "Most parcels on this route arrive between 18 November and 21 November.",
        "Die meisten Pakete auf diesem Weg kommen zwischen dem 18. November und dem 21. November an.",
    ),
    ("2011-11-15", "2011-11-20"): (None, None),  # over when the message is read
    ("2011-11-22", "2011-12-06"): (
        "Most parcels on this route arrive between 22 November and 6 December.",
        "Die meisten Pakete auf diesem Weg kommen zwischen dem 22. November und dem 6. Dezember an.",
    ),
    ("2011-11-22", "2011-12-07"): (None, None),  # more than two weeks apart says nothing
    (None, None): (None, None),  # fewer than 50 parcels: nothing is known
}


@pytest.mark.parametrize("days", WORDS)
def test_days_are_told_as_precisely_as_the_lane_has_earned(days):
    """A day, a window, or nothing; page and text twin say the same."""
    people = canonical("customers", "customer_id | first_name | locale\nann | Ann | en_GB\nben | Ben | de_DE")
    facts = {**LATE, "earliest_on": days[0], "latest_on": days[1]}
    rows = night(*(decision(who, "delay_notice", facts) for who in ("ann", "ben")), people=people).messages.to_pylist()

    for row, words, start in zip(rows, WORDS[days], ("Most parcels", "Die meisten Pakete"), strict=True):
        said = [line for line in row["text"].splitlines() if line.startswith(start)]
        assert said == ([words] if words else [])
        assert (start in row["html"]) is bool(words)
    told = json.loads(rows[0]["properties"])
    assert (told["only_day"] is None) or (told["earliest"] is None and told["latest"] is None)


@pytest.mark.parametrize(
    ("words", "denied"),
    [
        ("Guaranteed to arrive", ["guaranteed"]),
        ("It definitely comes", ["definitely"]),
        ("It arrives by 3 May", ["by 3 may"]),
        ("It arrives by Friday", ["by friday"]),
        ("Here by tomorrow", ["by tomorrow"]),
        ("It will arrive soon", ["will arrive"]),
        ("Within two working days", ["within two working days"]),
        ("We promise", ["we promise"]),
        ("Now 20 % off", ["20 % off"]),
        ("Free returns, always", ["free returns"]),
        ("Kommt garantiert an", ["garantiert"]),
        ("Spätestens am 3. Mai", ["spätestens am 3. mai"]),
        ("Es wird morgen ankommen", ["wird morgen ankommen"]),
        ("Binnen drei Werktagen", ["binnen drei werktagen"]),
        ("Mit Sicherheit da", ["mit sicherheit"]),
        ("Kostenlose Rücksendung", ["kostenlose"]),
        ("Most parcels arrive between 3 May and 5 May", []),
        ("You bought this 29 days ago", []),
        ("A reminder in time", []),
    ],
)
def test_words_that_promise_more_than_is_known(words, denied):
    """Certainty, a day as certain, discounts and what is free: a template that says so has its messages withheld."""
    assert list(denied_in(words)) == denied


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ("Most parcels arrive between {{ earliest }} and {{ latest }}.", []),
        ("Die meisten Pakete kommen am {{ only_day }}.", []),
        ("It arrives between {{ earliest }} and {{ latest }}.", ["promise"]),
        ("Your parcel comes on {{ only_day }}.", ["promise"]),
        ("Most parcels arrive from {{ earliest }} on.", ["promise"]),
        ("Most parcels are there on {{ latest }}.", ["promise"]),
        ("Returns within 30 days", ["denied_words", "figures"]),
        ("30 Tage Rückgaberecht", ["figures"]),
        ("Only £4.50", ["figures"]),
        ("Save 20 %", ["figures"]),
        ("It costs {{ price }}; you bought it {{ days_ago }}.", []),
        ("1. Unpack without hurry", []),
    ],
)
def test_what_copy_may_not_hold(line, rules):
    """Days of arrival as certain, half a window, and figures that are nobody's facts: prices and policy days."""
    assert [rule for rule, _ in copy_problems({"opening": parse_line(line)})] == rules


def test_a_promise_in_copy_withholds_the_messages(tmp_path):
    """The finding names template, line and why."""
    folder = shutil.copytree(TEMPLATES, tmp_path / "templates")
    copy = folder / "delay_notice/late/en.toml"
    text = copy.read_text(encoding="utf-8")
    copy.write_text(text.replace("Most parcels on this route arrive between", "It arrives between"), encoding="utf-8")
    (found,) = load_templates(folder, SHOP).findings

    assert (found.rule, found.severity, found.template) == ("promise", "fail", "delay_notice/late/en")
    assert found.detail.startswith("window: tells a day of arrival as certain")
    withheld = night(decision("ann", "delay_notice", LATE), templates=folder).withheld
    assert withheld["reason"].to_pylist() == ["lint:promise"]
