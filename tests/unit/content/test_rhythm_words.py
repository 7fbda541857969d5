"""What a reminder says of somebody's rhythm is what they did: from purchases through the scores to the words."""

import json
import re
from datetime import date, timedelta
from statistics import median

import pytest

from tests.unit.content.night import decision, night, only
from tests.unit.scoring.nights import regulars, row, scored

FIGURES = ("basis", "purchases", "interval_days", "usual_gap_days", "gap_low_days", "gap_high_days")
CATALOGUE = "sku | title\ntea | Tea"


def bought(customer_id, gaps, *, sku="tea", qty=1, last=date(2011, 10, 23)):
    """Return the order lines of purchases that lie *gaps* days apart; *qty* is that of the last one."""
    days = [last - timedelta(days=sum(gaps[place:])) for place in range(len(gaps) + 1)]
    lines = [{"customer_id": customer_id, "sku": sku, "placed_at": f"{day} 10:00"} for day in days]
    return [*lines[:-1], {**lines[-1], "qty": qty}]


def message(lines, *, who, **tables):
    """Return the reminder to *who*, written in English for ann and in German for ben."""
    found = row(scored(lines, **tables).replenishment, customer_id=who, sku="tea")
    facts = {"sku": "tea", "last_bought_on": str(found["last_bought_on"]), **{name: found[name] for name in FIGURES}}
    return found, only(night(decision(who, "replenishment", facts), products=CATALOGUE))


def numbers(text):
    return [int(number) for number in re.findall(r"\d+", text)]


@pytest.mark.parametrize("who", ["ann", "ben"])
@pytest.mark.parametrize("gaps", [(30, 34), (28, 30, 41), (20, 30, 31, 45), (14, 60, 61, 63, 90)])
def test_a_customers_own_number_is_the_median_of_their_gaps(who, gaps):
    """Neither other customers, who draw the forecast, nor the units bought last change the number that is said."""
    lines = [*regulars(60, sku="tea", every_days=90), *bought(who, gaps, qty=3)]
    found, written = message(lines, who=who)

    reason = json.loads(written["properties"])["reason"]
    assert numbers(reason) == [29, int(median(gaps) + 0.5)]
    assert written["preheader"] == f"{reason}."
    assert abs(found["interval_days"] - median(gaps)) > 5


@pytest.mark.parametrize("who", ["ann", "ben"])
def test_gaps_of_19_and_302_days_make_no_number(who):
    """Nobody "usually re-orders after 161 days" who once took 19 and once 302: what is said is what surely happened."""
    _, written = message(bought(who, (19, 302)), who=who)

    said = {
        "ann": "You have bought this 3 times, most recently 29 days ago",
        "ben": "Schon 3-mal von Ihnen gekauft, zuletzt vor 29 Tagen",
    }
    assert json.loads(written["properties"])["reason"] == said[who]
    assert written["preheader"] == f"{said[who]}."


@pytest.mark.parametrize("products", [None, "sku | category\ntea | drinks\ncoffee | drinks"])
@pytest.mark.parametrize("qty", [1, 8])
def test_what_customers_do_is_one_number_for_everybody(qty, products):
    """The product's and the category's number are medians over all customers' gaps, however many units one bought."""
    sku, tables = ("coffee", {"products": products}) if products else ("tea", {})
    lines = [
        *(line for n in range(45) for line in bought(f"c{n}", (40 + n % 5,), sku=sku)),
        *bought("ann", (), qty=qty),
    ]
    found, written = message(lines, who="ann", **tables)

    assert found["basis"] == ("category" if products else "product")
    assert numbers(json.loads(written["properties"])["reason"]) == [42]


def test_customers_who_differ_make_no_number():
    """Where the middle half of all gaps is wider than their median, "usually" would be untrue."""
    lines = [*(line for n in range(45) for line in bought(f"c{n}", (3 + n * n // 5,))), *bought("ann", ())]
    _, written = message(lines, who="ann")

    assert json.loads(written["properties"])["reason"] == "Many of our customers have bought this again"
