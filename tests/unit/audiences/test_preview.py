"""What a segment holds on a night: counted, compared, and explained by example."""

import dataclasses
from typing import Any

import pyarrow as pa

from personalization.audiences import Preview, build_members, preview_segment, preview_text
from personalization.audiences.conditions import Condition
from tests.unit.audiences import night

# Ann's and Bob's tea lights came two days ago, Bob's clock too; Cleo's tea lights are a week old; a guest has some too.
ORDERS = """
order_id | customer_id | placed_at
o1       | ann         | 2011-11-15T09:00
o2       | bob         | 2011-11-15T09:00
o3       | cleo        | 2011-11-08T09:00
o4       | -           | 2011-11-15T09:00
"""
LINES = """
order_line_id | order_id | sku    | qty | unit_price_cents
l1            | o1       | CANDLE | 2   | 400
l2            | o2       | CANDLE | 1   | 400
l3            | o2       | CLOCK  | 1   | 4000
l4            | o3       | CANDLE | 1   | 400
l5            | o4       | CANDLE | 1   | 400
"""
PARCELS = """
shipment_id | order_id | shipped_at       | status    | delivered_at
s1          | o1       | 2011-11-16T09:00 | delivered | 2011-11-18T12:00
s2          | o2       | 2011-11-16T09:00 | delivered | 2011-11-18T12:00
s3          | o3       | 2011-11-09T09:00 | delivered | 2011-11-11T12:00
s4          | o4       | 2011-11-16T09:00 | delivered | 2011-11-18T12:00
"""
SEGMENTS = {segment.name: segment for segment in night.SEGMENTS}


def preview(name: str = "onboarding_consumable", *, published: Any = (), **changed: Any) -> Preview:
    """Return the preview of a segment, with other fields in the place of its own."""
    segment = dataclasses.replace(SEGMENTS[name], **changed)
    warehouse = night.world(orders=ORDERS, order_lines=LINES, shipments=PARCELS)
    build_members(
        warehouse,
        run_date=night.RUN_DATE,
        cutoff=night.CUTOFF,
        shop=night.SHOP,
        segments=[segment, *(other for other in night.SEGMENTS if other.name != name)],
        readiness=night.passing(),
    )
    return preview_segment(warehouse, segment, published=published)


def decided(*rows: tuple[str, list[str]]) -> pa.Table:
    """Return the columns of a decision table that a preview compares with."""
    return pa.table(
        {
            "customer_id": pa.array([row[0] for row in rows], pa.string()),
            "segments": pa.array([row[1] for row in rows], pa.list_(pa.string())),
        }
    )


def test_size_and_overlap() -> None:
    """People are counted once, guests not at all, and who is in another segment as well is told."""
    found = preview()

    assert (found.people, found.subjects) == (2, 2)
    assert found.overlap == {"onboarding_considered": 1}


def test_change_against_published_nights() -> None:
    """Who came and who left since a night, by people and not by what they bought."""
    before = decided(
        ("bob", ["onboarding_consumable"]),
        ("bob", ["onboarding_consumable", "other"]),
        ("dora", ["onboarding_consumable"]),
        ("ann", ["other"]),
    )
    (change,) = preview(published=[("2011-11-19", before)]).changes

    assert (change.night, change.people, change.entered, change.left) == ("2011-11-19", 2, 1, 1)


def test_examples_say_why() -> None:
    """Each example names the values that put it in, beside what was asked of them."""
    found = preview()

    assert {example["customer_id"] for example in found.examples} == {"ann", "bob"}
    assert found.examples[0]["why"] == [
        "product_type consumable (wanted: is consumable)",
        "days_since_delivery 2 (wanted: from 1 to 4)",
        "is_first_purchase yes (wanted: is yes)",
    ]


def test_a_missing_value_and_a_field_of_the_person() -> None:
    """What nobody knows of a person is said to be missing, and lists and exclusions are told as such."""
    found = preview(
        conditions=(
            Condition(group="all", field="sku", comparison="in", values=("CANDLE", "JUG")),
            Condition(group="none", field="country", comparison="is", values=("FR",)),
            Condition(group="all", field="repeat_probability_90d", comparison="at_least", values=(0.3,)),
        )
    )

    assert [example["why"] for example in found.examples] == [
        [
            "sku CANDLE (wanted: one of CANDLE, JUG)",
            "country missing (not wanted: is FR)",
            "repeat_probability_90d 0.4 (wanted: 0.3 or more)",
        ]
    ]


def test_the_text_can_be_read() -> None:
    """Size, change, overlap and examples, in this order; an empty segment says so."""
    text = preview_text(preview(published=[("2011-11-19", decided())]))
    empty = preview_text(
        preview(conditions=(Condition(group="all", field="qty", comparison="more_than", values=(9,)),))
    )

    assert "Holds 2 people with 2 subjects: an order line whose parcels all arrived in the last 60 days." in text
    assert "Against the night of 2011-11-19, 0 people: 2 came, 0 left." in text
    assert text.index("onboarding_considered") < text.index("For example") < text.index("ann, l1: product_type")
    assert "Holds 0 people" in empty
    assert "Nobody is in it." in empty
