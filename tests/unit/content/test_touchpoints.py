"""Wherever a customer looks, the same next step is named in the same words (R12)."""

import json
from datetime import date

import pyarrow as pa
import pyarrow.csv as pacsv
import pytest

from personalization.content import load_templates, told_next_steps
from personalization.content.sms import parts_of
from personalization.content.vendors import DIALECTS, translate
from personalization.journey import NEXT_STEPS
from personalization.store.files import write_csv
from tests.golden.rewrite_content import SHOP
from tests.lib.tables import canonical
from tests.lib.vendor_engines import rendered
from tests.unit.content.night import TEMPLATES, decision, night, only

NIGHT = date(2011, 11, 20)
OWN = SHOP.model_copy(
    update={
        "next_steps": {"in_transit": "Track it on our page"},
        "pages": {"tracking": "https://shop.example/track"},
    }
)
LATE = {
    "delay": "late",
    "ordered_on": "2011-11-08",
    "promised_on": "2011-11-16",
    "state": "in_transit",
    "page": "tracking",
    "items": [{"sku": "tea", "qty": 2}],
}


def steps(*states):
    return pa.table(
        {
            "order_id": [f"o{number}" for number in range(len(states))],
            "customer_id": ["ann"] * len(states),
            "state": pa.array(states, pa.string()),
            "next_step": pa.array([NEXT_STEPS[state].code for state in states], pa.string()),
            "earliest_on": pa.nulls(len(states), pa.date32()),
            "latest_on": pa.nulls(len(states), pa.date32()),
        }
    )


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_touchpoint_says_the_same_sentence(language):
    """Page and text twin of the e-mail, its text message, the ESP's property, help desk and SMS tool; one link, too."""
    (told,) = told_next_steps(steps("in_transit"), shop=OWN, run_date=NIGHT).to_pylist()
    people = canonical("customers", f"customer_id | first_name | locale\nann | Ann | {language}")
    message = only(night(decision("ann", "delay_notice", LATE), shop=OWN, people=people))
    properties = json.loads(message["properties"])
    template = load_templates(TEMPLATES, OWN).find("delay_notice", "late", language)
    in_esp = rendered("klaviyo", translate(template, DIALECTS["klaviyo"]).text, properties)

    sentence, link = told[f"sentence_{language}"], "https://shop.example/track"
    assert sentence == {"en": "Track it on our page", "de": "Verfolgen Sie das Paket."}[language]
    spoken = [message["html"], message["text"], properties["sms_text"], in_esp]
    for said in [*spoken, told[f"macro_{language}"], told[f"sms_{language}"]]:
        assert sentence in said
        assert link in said
    assert (properties["next_step"], properties["button_url"], told["link"]) == (sentence, link, link)


def test_every_state_is_worded_for_every_tool():
    """One row an order, in the order of its table, that counts until the day after the night; texts fit into a part."""
    table = told_next_steps(steps(*NEXT_STEPS), shop=SHOP, run_date=NIGHT)

    rows = table.to_pylist()
    assert [row["state"] for row in rows] == list(NEXT_STEPS)
    assert {row["counts_until_on"] for row in rows} == {date(2011, 11, 21)}
    for row in rows:
        for language in ("en", "de"):
            assert row[f"macro_{language}"].startswith(f"{row[f'title_{language}']}. {row[f'sentence_{language}']}")
            assert parts_of(row[f"sms_{language}"]).count == 1, row[f"sms_{language}"]
            assert row[f"sms_{language}"].startswith("The Tea Shop: ")


def test_the_file_reads_back_and_is_the_same_each_time(tmp_path):
    """The CSV holds what the table holds, byte for byte again; with no order at all it has its header."""
    table = told_next_steps(steps("delivered", "stalled"), shop=SHOP, run_date=NIGHT)
    for name in ("one.csv", "two.csv"):
        write_csv(tmp_path / name, table)
    write_csv(tmp_path / "none.csv", told_next_steps(steps(), shop=SHOP, run_date=NIGHT))

    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    back = pacsv.read_csv(tmp_path / "one.csv")
    assert back["sentence_de"].to_pylist() == table["sentence_de"].to_pylist()
    assert (tmp_path / "none.csv").read_text().startswith('"order_id","customer_id","state"')
