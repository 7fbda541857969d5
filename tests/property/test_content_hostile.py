"""Whatever a catalogue or a customer record holds, a message stays inert, small and complete."""

import json

import pyarrow as pa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from personalization.content import load_templates
from personalization.content.inert import template_signs
from personalization.content.page import read_page
from personalization.content.vendors import DIALECTS, merge_fields, translate
from tests.golden.rewrite_content import SHOP
from tests.lib.vendor_engines import readable, rendered
from tests.unit.content.night import TEMPLATES, decision, due, night, pair

_NASTY = st.sampled_from(
    [
        "{{ 7*7 }}",
        "{% raw %}",
        "*|MERGE|*",
        "<script>alert(1)</script>",
        '"><img src=x onerror=y>',
        "\u202e",
        "🎁",
        "${x}",
        "*\u200e|",
        "{\u2060{",
        "</title>",
        "' or 1",
        "{",
        "}",
        "*",
        "|",
        "\n",
        "a" * 2000,
    ]
)
_TEXT = st.lists(st.one_of(_NASTY, st.text(max_size=8)), min_size=1, max_size=6).map("".join)
_LATE = {
    "delay": "late",
    "ordered_on": "2011-11-08",
    "promised_on": "2011-11-16",
    "state": "in_transit",
    "page": "tracking",
    "items": [{"sku": "tea", "qty": 2}],
}
_TEMPLATES = load_templates(TEMPLATES, SHOP)
_URL = st.one_of(st.none(), _TEXT, st.sampled_from(["javascript:x", "https://shop.example/{{x}}", "http://"]))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(title=_TEXT, name=_TEXT, url=_URL)
@example(title="<script>{{ 7*7 }}{% raw %}*|MERGE|*", name="{{ 7*7 }}", url='javascript:"')
def test_foreign_text_is_inert_everywhere(title, name, url):
    """No foreign sign reaches an ESP's template language or a browser as code, and every decision is accounted for."""
    catalogue = pa.table({"sku": ["tea"], "title": [title], "price_cents": [450], "image_url": [url], "url": [url]})
    people = pa.table({"customer_id": ["ann", "ben"], "first_name": [name, None], "locale": [None, name]})
    pairs = {"items": [pair("tea", because=title)]}
    decisions = [
        decision("ann", "replenishment", due()),
        decision("ben", "cross_sell", pairs),
        decision("ann", "onboarding", {"sku": "tea", "product_type": "durable", "delivered_on": "2011-11-18"}),
        decision("ben", "delay_notice", {**_LATE, "order_name": title}),
    ]
    written = night(*decisions, catalogue=catalogue, people=people)

    assert len(written.messages) + len(written.withheld) == len(decisions)
    assert not any(reason.startswith("lint:") for reason in written.withheld["reason"].to_pylist())
    for row in written.messages.to_pylist():
        page = read_page(row["html"])
        assert template_signs(row["html"] + row["text"] + row["subject"] + row["preheader"]) == []
        assert "\n" not in row["subject"]
        assert "<script" not in row["html"].lower()
        assert all(link.startswith("https://shop.example") for link in page.links)
        assert len(row["html"].encode()) < 90_000
        properties = json.loads(row["properties"])
        assert set(properties) >= {"items", "locale", "template", "support_url"}
        values = merge_fields(properties)
        assert template_signs("".join(values.values())) == []
        assert "\n" not in values.get("SMSTEXT", "")
        assert not set('<>"{}') & set("".join(values.values()))
        _check_in_esps(row, properties)


def _check_in_esps(row, properties):
    """What each ESP's engine makes of the properties is what we made of them, and as inert."""
    template = _TEMPLATES.find(row["program"], row["variant"], row["locale"].split("_")[0])
    for vendor, dialect in DIALECTS.items():
        theirs = translate(template, dialect)
        for part in ("subject", "text"):
            said = rendered(vendor, getattr(theirs, part), properties)
            assert readable(said) == readable(row[part]), vendor
            assert template_signs(said) == []
