"""Where a parcel is: what its scans say, in any order and as late as they come."""

from datetime import date, datetime

import pytest

from personalization.journey import build_journey, build_parcel_nights, nights_table
from personalization.warehouse import Warehouse
from tests.lib.tables import warehouse_of

CUTOFF = datetime(2011, 11, 21)
ORDERS = "order_id | customer_id | placed_at | promised_by_on\no1 | ann | 2011-11-01T09:00 | 2011-11-05"
SHIPMENTS = """
shipment_id | order_id | carrier | service | shipped_at       | status
s1          | o1       | dpd     | next    | 2011-11-02T08:00 | in_transit
"""


def parcel(warehouse: Warehouse, *columns: str, cutoff: datetime = CUTOFF) -> tuple[object, ...]:
    """Return columns of the only parcel's state."""
    with warehouse:
        build_journey(warehouse, cutoff=cutoff)
        (row,) = warehouse.table("parcel_state", order_by="shipment_id").to_pylist()
    return tuple(row[column] for column in columns)


def scans(*statuses: str) -> str:
    """Return tracking events of s1: each is status, occurred, and optionally received."""
    header = "event_id | shipment_id | status | occurred_at | received_at"
    lines = []
    for number, scan in enumerate(statuses):
        status, occurred, *received = scan.split()
        lines.append(f"e{number} | s1 | {status} | 2011-11-{occurred} | 2011-11-{(received or [occurred])[0]}")
    return "\n".join([header, *lines])


# what the carrier told, in the order of the ids -> status, delivered at, on the way
TOLD: dict[str, tuple[tuple[str, ...], str, str | None, bool]] = {
    "nothing, so the shipment's own word": ((), "in_transit", None, True),
    "the newest scan counts": (("in_transit 03T09:00", "out_for_delivery 04T09:00"), "out_for_delivery", None, True),
    "scans in the wrong order": (("out_for_delivery 04T09:00", "in_transit 03T09:00"), "out_for_delivery", None, True),
    "two scans of one moment, the later received counts": (
        ("exception 04T09:00 04T11:00", "in_transit 04T09:00 04T10:00"),
        "exception",
        None,
        True,
    ),
    "two scans of one moment, received together, the later id counts": (
        ("in_transit 04T09:00", "exception 04T09:00"),
        "exception",
        None,
        True,
    ),
    "delivered": (("in_transit 03T09:00", "delivered 04T15:00"), "delivered", "04T15:00", False),
    "delivered twice, the first counts": (("delivered 04T15:00", "delivered 05T15:00"), "delivered", "04T15:00", False),
    "a late hub scan does not undo a delivery": (
        ("delivered 04T15:00", "in_transit 04T18:00"),
        "delivered",
        "04T15:00",
        False,
    ),
    "delivered, then returned to sender": (
        ("delivered 04T15:00", "return_to_sender 06T15:00"),
        "return_to_sender",
        None,
        False,
    ),
    "delivered and denied at the same moment": (
        ("attempt_failed 04T15:00", "delivered 04T15:00"),
        "attempt_failed",
        None,
        True,
    ),
    "denied, then really delivered": (
        ("delivered 04T15:00", "attempt_failed 04T16:00", "delivered 05T11:00"),
        "delivered",
        "05T11:00",
        False,
    ),
    "a delivery received after the night is not known": (
        ("in_transit 03T09:00", "delivered 20T15:00 21T01:00"),
        "in_transit",
        None,
        True,
    ),
    "a scan from the future is not believed": (
        ("in_transit 03T09:00", "delivered 25T15:00 05T09:00"),
        "in_transit",
        None,
        True,
    ),
    "cancelled": (("label_created 02T09:00", "cancelled 02T10:00"), "cancelled", None, False),
}


@pytest.mark.parametrize("case", TOLD)
def test_what_the_scans_say(case: str) -> None:
    """A parcel is where its newest trusted scan says; only a denial takes a delivery back."""
    told, status, delivered, is_open = TOLD[case]
    tables = {"tracking_events": scans(*told)} if told else {}
    found = parcel(warehouse_of(orders=ORDERS, shipments=SHIPMENTS, **tables), "status", "delivered_at", "is_open")

    assert found == (status, delivered and datetime.fromisoformat(f"2011-11-{delivered}"), is_open)


# the shipment's own status and delivery, without any scan -> status, is delivered, on the way
OWN_WORD = {
    ("in_transit", "2011-11-04T15:00"): ("delivered", True, False),
    ("delivered", "2011-11-04T15:00"): ("delivered", True, False),
    ("delivered", "-"): ("unknown", False, True),
    ("delivered", "2011-11-25T15:00"): ("unknown", False, True),
    ("return_to_sender", "2011-11-04T15:00"): ("return_to_sender", False, False),
    ("cancelled", "-"): ("cancelled", False, False),
}


@pytest.mark.parametrize(("status", "delivered_at"), OWN_WORD)
def test_without_scans_the_shipment_is_believed(status: str, delivered_at: str) -> None:
    """Without scans a delivery needs a time that has passed; the word alone may be tomorrow's."""
    shipments = f"""
    shipment_id | order_id | shipped_at       | status   | delivered_at
    s1          | o1       | 2011-11-02T08:00 | {status} | {delivered_at}
    """
    found = parcel(warehouse_of(orders=ORDERS, shipments=shipments), "status", "delivered_at", "is_open")

    assert (found[0], found[1] is not None, found[2]) == OWN_WORD[status, delivered_at]


def test_a_parcel_that_has_not_left_is_not_on_the_way() -> None:
    """A label alone is no parcel on the way; the first scan that moves it is when it left."""
    waiting = SHIPMENTS.replace("2011-11-02T08:00", "-")
    labelled = warehouse_of(orders=ORDERS, shipments=waiting, tracking_events=scans("label_created 02T09:00"))
    moving = warehouse_of(
        orders=ORDERS, shipments=waiting, tracking_events=scans("label_created 02T09:00", "in_transit 03T07:00")
    )

    assert parcel(labelled, "shipped_at", "is_open") == (None, False)
    assert parcel(moving, "shipped_at", "is_open") == (datetime(2011, 11, 3, 7), True)


def test_promise_and_lane() -> None:
    """The shipment's promise goes before the order's; no part of a lane has a slash or comma."""
    own = """
    shipment_id | order_id | carrier  | service | shipped_at       | status     | promised_by_on
    s1          | o1       | dpd, A/S | -       | 2011-11-02T08:00 | in_transit | 2011-11-09
    """

    assert parcel(warehouse_of(orders=ORDERS, shipments=SHIPMENTS), "promised_by_on", "lane", "customer_id") == (
        date(2011, 11, 5),
        "dpd/next/unknown",
        "ann",
    )
    assert parcel(warehouse_of(orders=ORDERS, shipments=own), "promised_by_on", "lane") == (
        date(2011, 11, 9),
        "dpd- A-S/unknown/unknown",
    )


# whose order -> who stands for them
MERGED = {"ann": "dora", "bob": "dora", "cleo": "dora", "dora": "dora", "ema": "ema", "fay": "fay", "-": None}


@pytest.mark.parametrize("customer", MERGED)
def test_merged_customers(customer: str) -> None:
    """A chain of merges ends with the last one, a circle leaves everyone as they are, a guest stays a guest."""
    customers = """
    customer_id | merged_into
    ann         | bob
    bob         | cleo
    cleo        | dora
    dora        | -
    ema         | fay
    fay         | ema
    """
    orders = ORDERS.replace("ann", customer)
    found = parcel(warehouse_of(orders=orders, customers=customers, shipments=SHIPMENTS), "customer_id")

    assert found == (MERGED[customer],)


def test_several_nights_at_once_are_each_as_they_were() -> None:
    """Looking at several nights in one pass gives for each what it gives alone."""
    told = scans("in_transit 17T09:00", "delivered 18T15:00 19T06:00", "return_to_sender 19T20:00 20T05:00")
    cutoffs = [datetime(2011, 11, day) for day in (21, 20, 19, 18)]
    with warehouse_of(orders=ORDERS, shipments=SHIPMENTS, tracking_events=told) as warehouse:
        build_parcel_nights(warehouse, nights=nights_table(cutoffs), since_on=date(2011, 1, 1))
        found = [row["status"] for row in warehouse.table("parcel_nights", order_by="night").to_pylist()]

    assert found == ["return_to_sender", "delivered", "in_transit", "in_transit"]
