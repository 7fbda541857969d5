"""The one next step of an order, by what happened to it; a table to read. The night is 16 November 2011, in UTC.

Each order o1 of Ann was placed on the 1st; its parcel s1 left on the 10th and was scanned on the 14th unless told
otherwise. Behind the case: what is open, then the state and the next step.
"""

from datetime import date, datetime
from pathlib import Path

import pytest

from personalization.errors import ConfigurationInvalid
from personalization.journey import EXCEPTIONS, NEXT_STEPS, build_journey
from personalization.journey.next_steps import check_states
from personalization.warehouse import Warehouse
from tests.lib.tables import warehouse_of

CUTOFF = datetime(2011, 11, 17)
ORDER = "order_id | customer_id | placed_at        | cancelled_at\no1 | ann | 2011-11-01T09:00 | -"
PROMISED = "order_id | customer_id | placed_at | promised_by_on\no1 | ann | 2011-11-01T09:00 | {day}"
LINES = "order_line_id | order_id | sku\nl1 | o1 | CUP\nl2 | o1 | JUG"
UNDER_WAY = """
shipment_id | order_id | carrier | shipped_at       | status     | delivered_at
s1          | o1       | dpd     | 2011-11-10T09:00 | in_transit | -
"""
ARRIVED = UNDER_WAY.replace("in_transit | -", "delivered | 2011-11-15T09:00")
SCAN = "event_id | shipment_id | status | occurred_at\ne1 | s1 | {status} | {at}"
SCANNED = {"shipments": UNDER_WAY, "tracking_events": SCAN.format(status="in_transit", at="2011-11-14T09:00")}
TICKET = """ticket_id | order_id | status | reason | created_at | resolved_at
t1 | o1 | open | wismo | 2011-11-12T09:00 | """
RETURN = "return_id | order_id | state | requested_at | outcome | closed_at\nr1 | o1 | open | 2011-11-16T09:00 | "

CASES: dict[str, tuple[dict[str, str], set[str], str, str]] = {
    "just ordered": ({}, set(), "confirmed", "wait_for_shipping"),
    "promised for yesterday, and nothing has left": (
        {"orders": PROMISED.format(day="2011-11-15")},
        {"not_shipped"},
        "stalled",
        "write_to_us",
    ),
    "promised for today, and nothing has left": (
        {"orders": PROMISED.format(day="2011-11-16")},
        set(),
        "confirmed",
        "wait_for_shipping",
    ),
    "nothing promised, and nothing left in 31 days": (
        {"orders": ORDER.replace("2011-11-01", "2011-10-16")},
        {"not_shipped"},
        "stalled",
        "write_to_us",
    ),
    "promised for yesterday, and paid back": (
        {
            "orders": PROMISED.format(day="2011-11-15"),
            "refunds": "refund_id | order_id | amount_cents | refunded_at\nf1 | o1 | 1000 | 2011-11-14T09:00",
        },
        set(),
        "confirmed",
        "wait_for_shipping",
    ),
    "promised for yesterday, and the postage paid back": (
        {
            "orders": PROMISED.format(day="2011-11-15"),
            "refunds": "refund_id | order_id | amount_cents | refunded_at\nf1 | o1 | 100 | 2011-11-14T09:00",
        },
        {"not_shipped"},
        "stalled",
        "write_to_us",
    ),
    "promised for yesterday, and only a label was printed": (
        {
            "orders": PROMISED.format(day="2011-11-15"),
            "shipments": "shipment_id | order_id | carrier | status\ns1 | o1 | dpd | label_created",
        },
        {"not_shipped"},
        "stalled",
        "write_to_us",
    ),
    "promised for yesterday, and the carrier gave the parcel up": (
        {
            "orders": PROMISED.format(day="2011-11-15"),
            "shipments": UNDER_WAY.replace("in_transit", "cancelled"),
        },
        {"not_shipped"},
        "stalled",
        "write_to_us",
    ),
    "promised for yesterday, and not paid for": (
        {"orders": PROMISED.format(day="2011-11-15 | pending").replace("by_on\n", "by_on | financial_status\n")},
        set(),
        "confirmed",
        "wait_for_shipping",
    ),
    "half of it, and the rest has not left": (
        {"shipments": ARRIVED, "shipment_lines": "shipment_id | order_line_id | qty\ns1 | l1 | 1"},
        {"partial_delivery"},
        "rest_not_shipped",
        "wait_for_shipping",
    ),
    "ordered before it can be bought": (
        {"orders": ORDER.replace("cancelled_at", "is_preorder").replace("| -", "| true").replace("11-01", "09-01")},
        set(),
        "confirmed",
        "wait_for_shipping",
    ),
    "on its way": (SCANNED, set(), "in_transit", "track"),
    "arrived": ({"shipments": ARRIVED}, set(), "delivered", "unpack_and_check"),
    # last heard of on Thursday the 10th: four weekdays by the evening of the 16th
    "without a scan for four weekdays": ({"shipments": UNDER_WAY}, {"parcel_stalled"}, "stalled", "write_to_us"),
    "without a scan for three weekdays": (
        {"shipments": UNDER_WAY.replace("2011-11-10", "2011-11-11")},
        set(),
        "in_transit",
        "track",
    ),
    "abroad, four weekdays are usual": (
        {
            "shipments": UNDER_WAY,
            "customers": "customer_id | country\nann | US\nbob | GB\ncem | GB",
        },
        set(),
        "in_transit",
        "track",
    ),
    "in trouble": (
        {"shipments": UNDER_WAY, "tracking_events": SCAN.format(status="attempt_failed", at="2011-11-15T09:00")},
        {"parcel_in_trouble"},
        "stalled",
        "write_to_us",
    ),
    "sent back": (
        {"shipments": UNDER_WAY, "tracking_events": SCAN.format(status="return_to_sender", at="2011-11-15T09:00")},
        {"parcel_returned_to_sender"},
        "returned_to_sender",
        "tell_us_where_to",
    ),
    "half of it": (
        {
            "shipments": ARRIVED + "s2 | o1 | dpd | 2011-11-14T09:00 | in_transit | -\n",
            "shipment_lines": "shipment_id | order_line_id | qty\ns1 | l1 | 1\ns2 | l2 | 1",
        },
        {"partial_delivery"},
        "partly_delivered",
        "track",
    ),
    "cancelled after it left": (
        {**SCANNED, "orders": ORDER.replace("09:00 | -", "09:00 | 2011-11-12T09:00")},
        {"cancelled_under_way"},
        "cancelled_under_way",
        "refuse_the_parcel",
    ),
    "a question": ({**SCANNED, "tickets": TICKET + "-"}, {"ticket_open"}, "issue_open", "wait_for_our_answer"),
    "a question that was answered": ({**SCANNED, "tickets": TICKET + "2011-11-13T09:00"}, set(), "in_transit", "track"),
    "a question that is answered tomorrow": (
        {**SCANNED, "tickets": TICKET + "2011-11-17T09:00"},
        {"ticket_open"},
        "issue_open",
        "wait_for_our_answer",
    ),
    "a return": ({"shipments": ARRIVED, "returns": RETURN + "- | -"}, {"return_open"}, "return_requested", "send_back"),
    "an exchange": (
        {"shipments": ARRIVED, "returns": RETURN + "exchange | -"},
        {"exchange_open"},
        "exchange_open",
        "wait_for_exchange",
    ),
    "a return that was refused": (
        {"shipments": ARRIVED, "returns": RETURN + "rejected | -"},
        set(),
        "delivered",
        "unpack_and_check",
    ),
    "never received": (
        {
            "shipments": ARRIVED,
            "claims": "claim_id | order_id | type | opened_at\nk1 | o1 | not_received | 2011-11-16T09:00",
            "tickets": TICKET + "-",
        },
        {"not_received", "ticket_open"},
        "not_received",
        "wait_for_our_answer",
    ),
    "a claim": (
        {
            "shipments": ARRIVED,
            "claims": "claim_id | order_id | type | opened_at\nk1 | o1 | warranty | 2011-11-16T09:00",
        },
        {"claim_open"},
        "issue_open",
        "wait_for_our_answer",
    ),
    "a charge disputed": (
        {"shipments": ARRIVED, "chargebacks": "chargeback_id | order_id | opened_at\nb1 | o1 | 2011-11-16T09:00"},
        {"chargeback"},
        "issue_open",
        "wait_for_our_answer",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_one_next_step(case: str) -> None:
    """Every order that is not settled has exactly one."""
    tables, exceptions, state, step = CASES[case]
    with warehouse_of(**{"orders": ORDER, "order_lines": LINES, **tables}) as warehouse:
        build_journey(warehouse, cutoff=CUTOFF)
        open_now = warehouse.table("open_exceptions", order_by="exception").to_pylist()
        (found,) = warehouse.table("next_steps", order_by="order_id").to_pylist()

    assert {row["exception"] for row in open_now} == exceptions
    assert (found["state"], found["next_step"]) == (state, step)
    assert found["page"] == NEXT_STEPS[state].page


def test_every_state_and_exception_is_told() -> None:
    """Each exception leads to a known state and says until when; every step is said in both languages."""
    shown = {exception for _, exceptions, _, _ in CASES.values() for exception in exceptions}

    assert shown == set(EXCEPTIONS)
    assert {state for state, _ in EXCEPTIONS.values()} <= set(NEXT_STEPS)
    assert all(until for _, until in EXCEPTIONS.values())
    assert all(step.en.endswith(".") and step.de.endswith(".") for step in NEXT_STEPS.values())
    assert {state for _, _, state, _ in CASES.values()} == set(NEXT_STEPS)


def test_a_state_that_no_order_is_in() -> None:
    """The error names the key and the nearest state."""
    with pytest.raises(
        ConfigurationInvalid, match=r"shop.toml: next_steps.stalld: unknown state; did you mean 'stalled'"
    ):
        check_states(["delivered", "stalld"])


@pytest.mark.parametrize(
    ("arrived", "now", "window"),
    [
        (50, datetime(2011, 11, 14), (date(2011, 11, 12), date(2011, 11, 14))),
        (49, datetime(2011, 11, 14), (None, None)),
        (50, datetime(2011, 11, 15), (None, None)),  # the fourteenth is over
    ],
)
def test_the_days_are_as_precise_as_the_lane_has_earned(
    arrived: int, now: datetime, window: tuple[date | None, date | None]
) -> None:
    """From fifty parcels of the same lane on, the days by which a tenth and nine tenths arrived are told (R30).

    Days that are over are not told.
    """
    parcels = "".join(
        f"p{n} | x{n} | dpd | 2011-11-01T09:00 | delivered | 2011-11-{3 + n % 10 // 3:02d}T09:00\n"
        for n in range(arrived)
    )
    with warehouse_of(
        orders=ORDER,
        order_lines=LINES,
        shipments=UNDER_WAY.rstrip() + "\n" + parcels,
        tracking_events=SCANNED["tracking_events"],
    ) as warehouse:
        build_journey(warehouse, cutoff=now)
        (lane,) = warehouse.table("arrivals", order_by="lane").to_pylist()
        found = {row["order_id"]: row for row in warehouse.table("next_steps", order_by="order_id").to_pylist()}["o1"]

    assert (lane["parcels"], lane["p10_days"], lane["p50_days"], lane["p90_days"]) == (arrived, 2, 3, 4)
    assert (found["earliest_on"], found["latest_on"]) == window


def test_what_came_back_and_was_paid_back_is_settled() -> None:
    """A parcel that went back to the shop and was refunded leaves nothing to do."""
    refund = "refund_id | order_id | amount_cents | refunded_at\nf1 | o1 | 500 | 2011-11-16T09:00"
    tables, _, _, _ = CASES["sent back"]
    with warehouse_of(**{"orders": ORDER, "order_lines": LINES, **tables, "refunds": refund}) as warehouse:
        build_journey(warehouse, cutoff=CUTOFF)
        assert warehouse.table("next_steps", order_by="order_id").num_rows == 0
        assert warehouse.table("open_exceptions", order_by="order_id").num_rows == 0


def test_nothing_known_is_nothing_wrong() -> None:
    """A shop that brings no table at all has an empty journey."""
    with Warehouse() as warehouse:
        warehouse.load_canonical(Path("nowhere"))
        build_journey(warehouse, cutoff=CUTOFF)
        assert warehouse.table("next_steps", order_by="order_id").num_rows == 0
