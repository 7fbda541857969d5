"""Whether an order line is with the customer: all of its units, in all of its parcels."""

from datetime import datetime
from typing import Any

import pytest

from personalization.journey import build_journey
from tests.lib.tables import warehouse_of

CUTOFF = datetime(2011, 11, 21)
ORDERS = "order_id | customer_id | placed_at\no1 | ann | 2011-11-01T09:00"
LINES = """
order_line_id | order_id | sku | qty
l1            | o1       | CUP | 2
l2            | o1       | JUG | 1
"""


def lines(**tables: str) -> dict[str, dict[str, Any]]:
    """Return the state of each line by its id."""
    with warehouse_of(**{"orders": ORDERS, "order_lines": LINES, **tables}) as warehouse:
        build_journey(warehouse, cutoff=CUTOFF)
        rows = warehouse.table("line_state", order_by="order_line_id").to_pylist()
    return {row["order_line_id"]: row for row in rows}


def parcels(**states: str) -> str:
    """Return shipments of o1: delivered on that day of the month, or a status."""
    rows = ["shipment_id | order_id | carrier | shipped_at | status | delivered_at"]
    for name, state in states.items():
        status, delivered_at = ("in_transit", f"2011-11-{state}T12:00") if state.isdigit() else (state, "-")
        rows.append(f"{name} | o1 | {name}-post | 2011-11-02T08:00 | {status} | {delivered_at}")
    return "\n".join(rows)


def contents(*rows: str) -> str:
    """Return shipment lines; each is parcel, line and units."""
    return "\n".join(["shipment_id | order_line_id | qty", *(" | ".join(row.split()) for row in rows)])


# parcels, what is in them -> the day on which l1 and l2 were delivered, None for not yet
ARRIVED: dict[str, tuple[dict[str, str], tuple[str, ...], int | None, int | None]] = {
    "no parcel yet": ({}, (), None, None),
    "one parcel, contents not listed": ({"a": "04"}, (), 4, 4),
    "two parcels, contents not listed": ({"a": "04", "b": "06"}, (), 6, 6),
    "two parcels, contents not listed, one on the way": ({"a": "04", "b": "in_transit"}, (), None, None),
    "a parcel for each line": ({"a": "04", "b": "in_transit"}, ("a l1 2", "b l2 1"), 4, None),
    "units over two parcels, both there": ({"a": "04", "b": "06"}, ("a l1 1", "b l1 1", "b l2 1"), 6, 6),
    "units over two parcels, one on the way": ({"a": "04", "b": "in_transit"}, ("a l1 1", "b l1 1", "a l2 1"), None, 4),
    "a unit that has not left": ({"a": "04"}, ("a l1 1", "a l2 1"), None, 4),
    "the line listed in full in both parcels": (
        {"a": "04", "b": "in_transit"},
        ("a l1 2", "b l1 2", "a l2 1"),
        None,
        4,
    ),
    "a cancelled parcel is as if it had not been": (
        {"a": "04", "b": "cancelled"},
        ("a l1 2", "b l1 2", "a l2 1"),
        4,
        4,
    ),
    "sent back and sent again": ({"a": "return_to_sender", "b": "09"}, ("a l1 2", "a l2 1", "b l1 2"), 9, None),
    "lost and sent again": ({"a": "expired", "b": "09"}, ("a l1 2", "b l1 2", "b l2 1"), 9, 9),
    "sent back, contents not listed": ({"a": "return_to_sender", "b": "09"}, (), None, None),
    "one parcel listed, the other not": ({"a": "04", "b": "06"}, ("a l1 2",), 4, 6),
    "one parcel listed, the other not and on the way": ({"a": "04", "b": "in_transit"}, ("a l1 2",), 4, None),
}


@pytest.mark.parametrize("case", ARRIVED)
def test_a_line_is_delivered_when_all_of_it_is(case: str) -> None:
    """A line is delivered on the day of its last parcel, once all units are there and none is on the way."""
    states, listed, *days = ARRIVED[case]
    tables = {"shipments": parcels(**states)} if states else {}
    if listed:
        tables["shipment_lines"] = contents(*listed)
    found = lines(**tables)

    assert [found[line]["delivered_at"] and found[line]["delivered_at"].day for line in ("l1", "l2")] == days
    assert [found[line]["is_delivered"] for line in ("l1", "l2")] == [day is not None for day in days]


def test_only_lines_that_stand() -> None:
    """Cancelled units are gone; lines of cancelled, void and test orders, and orders of tomorrow, are not there."""
    orders = """
    order_id | customer_id | placed_at        | financial_status | cancelled_at     | is_test
    o1       | -           | 2011-11-01T09:00 | paid             | -                | -
    o2       | ann         | 2011-11-01T09:00 | paid             | 2011-11-02T09:00 | -
    o3       | ann         | 2011-11-01T09:00 | voided           | -                | -
    o4       | ann         | 2011-11-01T09:00 | paid             | -                | true
    o5       | ann         | 2011-11-22T09:00 | paid             | -                | -
    o6       | ann         | 2011-11-01T09:00 | paid             | 2011-11-25T09:00 | -
    """
    order_lines = """
    order_line_id | order_id | sku | qty | qty_cancelled
    l1            | o1       | CUP | 3   | 1
    l2            | o1       | JUG | 1   | 1
    l3            | o2       | CUP | 1   | -
    l4            | o3       | CUP | 1   | -
    l5            | o4       | CUP | 1   | -
    l6            | o5       | CUP | 1   | -
    l7            | o6       | CUP | 1   | -
    """
    found = lines(orders=orders, order_lines=order_lines)

    assert {name: (row["qty"], row["customer_id"]) for name, row in found.items()} == {
        "l1": (2, None),
        "l7": (1, "ann"),
    }


@pytest.mark.parametrize(
    ("state", "outcome", "requested", "is_returned"),
    [
        ("open", "-", "2011-11-10", True),
        ("closed", "refund", "2011-11-10", True),
        ("cancelled", "-", "2011-11-10", False),
        ("expired", "-", "2011-11-10", False),
        ("closed", "rejected", "2011-11-10", False),
        ("open", "-", "2011-11-22", False),
    ],
)
def test_returned_lines(state: str, outcome: str, requested: str, is_returned: bool) -> None:
    """A line is returned from the request on, unless the return came to nothing."""
    found = lines(
        returns=f"return_id | order_id | state | requested_at | outcome\nr1 | o1 | {state} | {requested} | {outcome}",
        return_lines="return_id | order_line_id\nr1 | l1",
    )

    assert [found["l1"]["is_returned"], found["l2"]["is_returned"]] == [is_returned, False]


def test_what_needs_no_parcel() -> None:
    """A gift card is there when it is bought, whatever the parcel of the same order does."""
    found = lines(
        products="sku | product_type\nCUP | durable\nJUG | gift_card", shipments=parcels(a="in_transit", b="06")
    )

    assert (found["l2"]["delivered_at"], found["l2"]["parcels"]) == (datetime(2011, 11, 1, 9), 0)
    assert (found["l1"]["delivered_at"], found["l1"]["parcels"]) == (None, 2)


def test_lanes_of_a_line() -> None:
    """A line names each lane that it travels on once, in order, and none that other lines travel on."""
    found = lines(shipments=parcels(a="04", b="06", c="07"), shipment_lines=contents("b l1 1", "a l1 1", "c l2 1"))

    assert found["l1"]["lanes"] == "a-post/unknown/unknown,b-post/unknown/unknown"
    assert found["l2"]["lanes"] == "c-post/unknown/unknown"
