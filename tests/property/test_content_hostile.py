"""Whatever a catalogue or a customer record holds, a message stays inert, small and complete."""

import json

import pyarrow as pa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from personalization.content.inert import template_signs
from personalization.content.page import read_page
from tests.unit.content.night import decision, due, night, pair

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
        "{",
        "}",
        "*",
        "|",
        "\n",
        "a" * 2000,
    ]
)
_TEXT = st.lists(st.one_of(_NASTY, st.text(max_size=8)), min_size=1, max_size=6).map("".join)
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
    ]
    rendered = night(*decisions, catalogue=catalogue, people=people)

    assert len(rendered.messages) + len(rendered.withheld) == len(decisions)
    assert not any(reason.startswith("lint:") for reason in rendered.withheld["reason"].to_pylist())
    for row in rendered.messages.to_pylist():
        page = read_page(row["html"])
        assert template_signs(row["html"] + row["text"] + row["subject"] + row["preheader"]) == []
        assert "\n" not in row["subject"]
        assert "<script" not in row["html"].lower()
        assert all(link.startswith("https://shop.example") for link in page.links)
        assert len(row["html"].encode()) < 90_000
        assert set(json.loads(row["properties"])) >= {"items", "locale", "template", "unsubscribe_url"}
