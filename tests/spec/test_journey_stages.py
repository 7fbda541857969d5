"""R1: every order is in exactly one stage. Ann bought a cup on 1 November; the night is 20 November."""

from datetime import datetime, timedelta

import pytest

from personalization.journey import STAGES, build_journey
from tests.lib.tables import warehouse_of

CUTOFF = datetime(2011, 11, 21)
ORDER = "order_id | customer_id | placed_at\no1 | ann | {placed}"
LINE = "order_line_id | order_id | sku\nl1 | o1 | CUP"


def shipped(state: str, *, left: str = "2011-11-18T09:00") -> dict[str, str]:
    """Return a parcel of the order: delivered at that instant, or in that status."""
    delivered = state if state.startswith("20") else "-"
    status = "in_transit" if state.startswith("20") else state
    header = "shipment_id | order_id | shipped_at | status | delivered_at"
    return {"shipments": f"{header}\ns1 | o1 | {left} | {status} | {delivered}"}


TICKET = "ticket_id | order_id | status | created_at | resolved_at | is_spam\n"
RETURN = "return_id | order_id | state | requested_at | closed_at | outcome\n"
CLAIM = "claim_id | order_id | state | opened_at | resolved_at\n"
ARRIVED = shipped("2011-11-10T12:00", left="2011-11-08T09:00")
TWO_PARCELS = {
    "shipments": """
    shipment_id | order_id | shipped_at       | status     | delivered_at
    s1          | o1       | 2011-11-18T09:00 | in_transit | 2011-11-19T12:00
    s2          | o1       | 2011-11-18T09:00 | in_transit | -
    """
}

# what happened -> when the order was placed, the tables that say so, and its stage
STAGE_OF: dict[str, tuple[str, dict[str, str], str]] = {
    "just placed": ("2011-11-20T20:00", {}, "confirmation"),
    "placed a day ago, no parcel": ("2011-11-20T00:00", {}, "fulfilment"),
    "just placed, parcel labelled": ("2011-11-20T20:00", shipped("label_created", left="-"), "fulfilment"),
    "on the way": ("2011-11-17T09:00", shipped("in_transit"), "in_transit"),
    "one of two parcels there": ("2011-11-17T09:00", TWO_PARCELS, "in_transit"),
    "delivered today": ("2011-11-17T09:00", shipped("2011-11-20T12:00"), "delivered"),
    "delivered just under two days ago": ("2011-11-17T09:00", shipped("2011-11-19T00:00:01"), "delivered"),
    "delivered two days ago": ("2011-11-17T09:00", shipped("2011-11-19T00:00"), "onboarding"),
    "delivered just under 30 days ago": ("2011-10-10T09:00", shipped("2011-10-22T00:00:01"), "onboarding"),
    "delivered 30 days ago": ("2011-10-10T09:00", shipped("2011-10-22T00:00"), "reorder_reactivation"),
    "on the way, in trouble": ("2011-11-17T09:00", shipped("exception"), "issue_resolution"),
    "returned to sender": ("2011-11-17T09:00", shipped("return_to_sender"), "issue_resolution"),
    "no scan for 30 days": (
        "2011-10-20T09:00",
        shipped("in_transit", left="2011-10-22T00:00"),
        "issue_resolution",
    ),
    "no scan for just under 30 days": (
        "2011-10-20T09:00",
        shipped("in_transit", left="2011-10-22T00:00:01"),
        "in_transit",
    ),
    "never heard of again, 90 days old": (
        "2011-08-23T00:00",
        shipped("in_transit", left="2011-08-24T09:00"),
        "reorder_reactivation",
    ),
    "no parcel known, 90 days old": ("2011-08-23T00:00", {}, "reorder_reactivation"),
    "delivered, open ticket": (
        "2011-11-07T09:00",
        {**ARRIVED, "tickets": TICKET + "t1 | o1 | open | 2011-11-12T09:00 | - | -"},
        "issue_resolution",
    ),
    "delivered, ticket solved": (
        "2011-11-07T09:00",
        {**ARRIVED, "tickets": TICKET + "t1 | o1 | solved | 2011-11-12T09:00 | 2011-11-13T09:00 | -"},
        "onboarding",
    ),
    "delivered, ticket solved tomorrow": (
        "2011-11-07T09:00",
        {**ARRIVED, "tickets": TICKET + "t1 | o1 | solved | 2011-11-12T09:00 | 2011-11-22T09:00 | -"},
        "issue_resolution",
    ),
    "delivered, spam": (
        "2011-11-07T09:00",
        {**ARRIVED, "tickets": TICKET + "t1 | o1 | open | 2011-11-12T09:00 | - | true"},
        "onboarding",
    ),
    "delivered, open claim": (
        "2011-11-07T09:00",
        {**ARRIVED, "claims": CLAIM + "c1 | o1 | open | 2011-11-12T09:00 | -"},
        "issue_resolution",
    ),
    "delivered, open return": (
        "2011-11-07T09:00",
        {**ARRIVED, "returns": RETURN + "r1 | o1 | open | 2011-11-12T09:00 | - | -"},
        "return_exchange",
    ),
    "delivered, return closed": (
        "2011-11-07T09:00",
        {**ARRIVED, "returns": RETURN + "r1 | o1 | closed | 2011-11-12T09:00 | 2011-11-15T09:00 | refund"},
        "onboarding",
    ),
    "delivered, return refused": (
        "2011-11-07T09:00",
        {**ARRIVED, "returns": RETURN + "r1 | o1 | open | 2011-11-12T09:00 | - | rejected"},
        "onboarding",
    ),
}


@pytest.mark.parametrize("case", STAGE_OF)
def test_stage(case: str) -> None:
    """An order is in the stage that the table says."""
    placed, tables, stage = STAGE_OF[case]
    with warehouse_of(orders=ORDER.format(placed=placed), order_lines=LINE, **tables) as warehouse:
        build_journey(warehouse, cutoff=CUTOFF)
        (row,) = warehouse.table("order_state", order_by="order_id").to_pylist()

    assert row["stage"] == stage


@pytest.mark.parametrize(("left", "stage"), [("-", "reorder_reactivation"), ("2011-11-18T09:00", "issue_resolution")])
def test_a_cancelled_order(left: str, stage: str) -> None:
    """A cancelled order is done with, unless its parcel had left already."""
    order = "order_id | customer_id | placed_at | cancelled_at\no1 | ann | 2011-11-17T09:00 | 2011-11-18T20:00"
    with warehouse_of(orders=order, order_lines=LINE, **shipped("in_transit", left=left)) as warehouse:
        build_journey(warehouse, cutoff=CUTOFF)
        (row,) = warehouse.table("order_state", order_by="order_id").to_pylist()

    assert (row["is_cancelled"], row["stage"]) == (True, stage)


def test_every_order_has_one_stage_on_every_night() -> None:
    """On every third of sixty nights every order that was placed by then is there once, in a stage of the list."""
    rows = ["order_id | customer_id | placed_at | financial_status | is_test"]
    rows += [
        f"o{n} | - | 2011-09-{1 + n % 30:02}T09:00 | {('paid', 'voided')[n % 2]} | {('false', 'true')[n % 3 == 0]}"
        for n in range(40)
    ]
    parcels = ["shipment_id | order_id | shipped_at | status | delivered_at"]
    parcels += [
        f"s{n} | o{n} | 2011-10-{1 + n % 20:02}T09:00 | in_transit | 2011-10-{4 + n % 20:02}T09:00"
        for n in range(0, 40, 3)
    ]
    with warehouse_of(orders="\n".join(rows), shipments="\n".join(parcels)) as warehouse:
        for nights in range(0, 60, 3):
            build_journey(warehouse, cutoff=datetime(2011, 9, 15) + timedelta(days=nights))
            found = warehouse.table("order_state", order_by="order_id").to_pylist()
            placed = {
                f"o{n}"
                for n in range(40)
                if datetime(2011, 9, 1 + n % 30, 9) < datetime(2011, 9, 15) + timedelta(days=nights)
            }

            assert sorted(row["order_id"] for row in found) == sorted(placed)
            assert {row["stage"] for row in found} <= set(STAGES)
