"""Who is told that an order went wrong, case by case; a table to read. The night is Sunday, 20 November 2011.

Ann ordered candles and a jug on the 10th, promised for the 17th; the parcel was last scanned on Friday the 18th. She
never agreed to marketing. Bob's parcel, of the same carrier, shows that its feed and the shop's own are alive.
"""

import hashlib
import json
from datetime import timedelta

import pyarrow as pa
import pytest

from personalization.audiences import build_decisions
from personalization.audiences.holdout import EVERYONE
from personalization.journey import build_journey
from personalization.records import AsOf
from personalization.settings import SERVICE_PROGRAMS
from tests.unit.audiences import night

CUSTOMERS = """
customer_id | email            | timezone
ann         | ann@shop.example | Europe/London
bob         | bob@shop.example | Europe/London
"""
NO_CONSENT = "customer_id | captured_at\nbob | 2011-01-05T10:00"
ORDER_HEADER = "order_id | customer_id | placed_at | promised_by_on\n"
BOBS = "o9 | bob | 2011-11-16T09:00 | -\n"
ORDERS = ORDER_HEADER + BOBS + "o1 | ann | 2011-11-10T09:00 | 2011-11-17"
UNPROMISED = ORDERS.replace("2011-11-17", "-")
LINES = """
order_line_id | order_id | sku    | qty | unit_price_cents
l1            | o1       | CANDLE | 2   | 400
l2            | o1       | JUG    | 1   | 1500
l9            | o9       | NAPKIN | 1   | 300
"""
PARCEL_HEADER = "shipment_id | order_id | carrier | shipped_at | status | delivered_at\n"
BOBS_PARCEL = "s9 | o9 | royal-mail | 2011-11-17T09:00 | in_transit | -\n"
PARCELS = PARCEL_HEADER + BOBS_PARCEL + "s1 | o1 | royal-mail | 2011-11-11T09:00 | in_transit | -\n"
ARRIVED = PARCELS.replace("2011-11-11T09:00 | in_transit | -", "2011-11-11T09:00 | delivered | 2011-11-17T10:00")
SCANS = """
event_id | shipment_id | status     | occurred_at
e1       | s1          | in_transit | 2011-11-18T09:00
e9       | s9          | in_transit | 2011-11-18T20:00
"""
IN_TWO = ARRIVED + "s2 | o1 | royal-mail | 2011-11-16T09:00 | in_transit | -\n"
ONE_CAME = {
    "orders": UNPROMISED,
    "shipments": IN_TWO,
    "shipment_lines": "shipment_id | order_line_id | qty\ns1 | l1 | 2\ns2 | l2 | 1",
    "tracking_events": SCANS.replace("s1 ", "s2 "),
}
ONE_LEFT = {
    "orders": UNPROMISED,
    "shipments": ARRIVED,
    "shipment_lines": "shipment_id | order_line_id | qty\ns1 | l1 | 2",
    "tracking_events": "event_id | shipment_id | status | occurred_at\ne9 | s9 | in_transit | 2011-11-18T20:00",
}
ONLY_BOBS = {"shipments": PARCEL_HEADER + BOBS_PARCEL}
CLAIM = "claim_id | order_id | type | state | opened_at\n"
CLAIMED = {"shipments": ARRIVED, "claims": CLAIM + "k1 | o1 | not_received | open | 2011-11-19T10:00"}
TICKET = "ticket_id | customer_id | order_id | status | created_at | resolved_at\n"
MAIL = "message_id | customer_id | order_id | source | class | channel | sent_at\n"
NEWSLETTERS = MAIL + "\n".join(
    f"m{day} | ann | - | esp | marketing | email | 2011-11-{day}T08:00" for day in range(11, 20)
)
ADDRESS_HASH = hashlib.sha256(b"ann@shop.example").hexdigest()

LATE, STUCK, NOT_SHIPPED = ("delay_notice", "o1@late"), ("delay_notice", "o1@stuck"), ("delay_notice", "o1@not_shipped")
PARTIAL, HELP = ("partial_delivery", "o1"), ("not_received_help", "k1")
SEND = ("send", None)

# what happened -> the tables that say so, and what is decided about Ann: verdict and the reason that decides
CASES: dict[str, tuple[dict[str, str], dict[tuple[str, str], tuple[str, str | None]]]] = {
    # late
    "late, and she never agreed to marketing": ({}, {LATE: SEND}),
    "late, and she had nine newsletters": ({"messages": NEWSLETTERS}, {LATE: SEND}),
    "late, and she unsubscribed": (
        {"consents": "customer_id | captured_at | status\nann | 2011-03-05T10:00 | unsubscribed"},
        {LATE: SEND},
    ),
    "promised for today": ({"orders": ORDERS.replace("2011-11-17", "2011-11-20")}, {}),
    "promised for tomorrow": ({"orders": ORDERS.replace("2011-11-17", "2011-11-21")}, {}),
    "nothing was promised": ({"orders": UNPROMISED}, {}),
    "it arrived": ({"shipments": ARRIVED}, {}),
    "late by more than two weeks": (
        {
            "orders": ORDERS.replace("2011-11-10T09:00 | 2011-11-17", "2011-10-25T09:00 | 2011-11-01"),
            "shipments": PARCELS.replace("2011-11-11T09:00 | in", "2011-10-26T09:00 | in"),
        },
        {},
    ),
    # stuck
    "no scan for five weekdays": ({"tracking_events": SCANS.replace("18T09:00", "11T09:00")}, {STUCK: SEND}),
    "the carrier reports trouble": (
        {"tracking_events": SCANS.replace("in_transit | 2011-11-18T09:00", "exception | 2011-11-18T09:00")},
        {STUCK: SEND},
    ),
    "nobody was at home": (
        {"tracking_events": SCANS.replace("in_transit | 2011-11-18T09:00", "attempt_failed | 2011-11-18T09:00")},
        {LATE: SEND},
    ),
    "it waits to be fetched": (
        {"tracking_events": SCANS.replace("in_transit | 2011-11-18T09:00", "ready_for_pickup | 2011-11-11T09:00")},
        {},
    ),
    "a claim for it was settled": (
        {
            "claims": f"{CLAIM.strip()} | resolved_at\n"
            "k1 | o1 | not_received | settled | 2011-11-17T10:00 | 2011-11-18T10:00"
        },
        {},
    ),
    "all of it came, and another parcel is under way": (
        {
            "shipments": IN_TWO,
            "shipment_lines": "shipment_id | order_line_id | qty\ns1 | l1 | 2\ns1 | l2 | 1",
            "tracking_events": SCANS.replace("s1 ", "s2 "),
        },
        {},
    ),
    # nobody knows
    "the carrier's feed is silent since Wednesday": (
        {"tracking_events": SCANS.replace("18T09:00", "16T09:00").replace("18T20:00", "16T20:00")},
        {LATE: ("no_data", "feed_silent")},
    ),
    "the carrier of nobody else said on Wednesday that it is damaged": (
        {
            "shipments": PARCELS.replace("o1 | royal-mail", "o1 | hermes"),
            "tracking_events": SCANS.replace("in_transit | 2011-11-18T09:00", "exception | 2011-11-16T09:00"),
        },
        {STUCK: SEND},
    ),
    "nothing left, and nothing of anybody since Monday": (
        {
            "shipments": PARCEL_HEADER + BOBS_PARCEL.replace("11-17T", "11-14T"),
            "orders": ORDERS.replace("11-16T", "11-13T"),
        },
        {NOT_SHIPPED: ("no_data", "feed_silent")},
    ),
    "no table of parcels": ({"shipments": "shipment_id"}, {NOT_SHIPPED: ("no_data", "feed_silent")}),
    # not shipped
    "nothing left by the promised day": (ONLY_BOBS, {NOT_SHIPPED: SEND}),
    "nothing left, promised for today": ({**ONLY_BOBS, "orders": ORDERS.replace("11-17", "11-20")}, {}),
    "nothing left, and nothing was promised": ({**ONLY_BOBS, "orders": UNPROMISED}, {}),
    "nothing left in 31 days, and nothing was promised": (
        {**ONLY_BOBS, "orders": UNPROMISED.replace("2011-11-10T", "2011-10-20T")},
        {NOT_SHIPPED: SEND},
    ),
    "nothing left, and she was paid back": (
        {
            **ONLY_BOBS,
            "refunds": "refund_id | order_id | amount_cents | refunded_at\nf1 | o1 | 2300 | 2011-11-18T10:00",
        },
        {},
    ),
    # somebody has the matter in hand, or told her
    "she asked about it": (
        {"tickets": TICKET + "t1 | ann | o1 | open | 2011-11-19T10:00 | -"},
        {LATE: ("exception", "support_at_work")},
    ),
    "she asked, about which order nobody knows": (
        {"tickets": TICKET + "t1 | ann | - | open | 2011-11-19T10:00 | -"},
        {LATE: ("exception", "support_at_work")},
    ),
    "she asked about another order": (
        {
            "orders": ORDERS + "\no5 | ann | 2011-06-01T09:00 | -",
            "tickets": TICKET + "t1 | ann | o5 | open | 2011-11-19T10:00 | -",
        },
        {LATE: SEND},
    ),
    "she asked, and was answered": (
        {"tickets": TICKET + "t1 | ann | o1 | solved | 2011-11-16T10:00 | 2011-11-16T11:00"},
        {LATE: SEND},
    ),
    "the tracking tool told her after the promised day": (
        {"messages": MAIL + "m1 | ann | o1 | tracking | service | email | 2011-11-18T10:00"},
        {LATE: ("exception", "told_already")},
    ),
    "the tracking tool told her that it left": (
        {"messages": MAIL + "m1 | ann | o1 | tracking | service | email | 2011-11-11T10:00"},
        {LATE: SEND},
    ),
    "the tracking tool could not reach her": (
        {
            "messages": f"{MAIL.strip()} | status\n"
            "m1 | ann | o1 | tracking | service | email | 2011-11-18T10:00 | failed"
        },
        {LATE: SEND},
    ),
    "the tracking tool told her on the day of the trouble": (
        {
            "tracking_events": SCANS.replace("in_transit | 2011-11-18T09:00", "exception | 2011-11-18T09:00"),
            "messages": MAIL + "m1 | ann | o1 | tracking | service | email | 2011-11-18T09:05",
        },
        {STUCK: ("exception", "told_already")},
    ),
    "it got stuck after the news that it left": (
        {
            "tracking_events": SCANS.replace("18T09:00", "11T09:00"),
            "messages": MAIL + "m1 | ann | o1 | tracking | service | email | 2011-11-12T08:00",
        },
        {STUCK: SEND},
    ),
    "she asked years ago, about nobody knows what": (
        {"tickets": TICKET + "t1 | ann | - | open | 2010-11-19T10:00 | -"},
        {LATE: SEND},
    ),
    "she disputed the charge": (
        {"chargebacks": "chargeback_id | order_id | opened_at\nc1 | o1 | 2011-11-19T10:00"},
        {LATE: ("exception", "support_at_work")},
    ),
    "she cancelled it under way": (
        {
            "orders": """order_id | customer_id | placed_at | promised_by_on | cancelled_at
            o9 | bob | 2011-11-16T09:00 | - | -
            o1 | ann | 2011-11-10T09:00 | 2011-11-17 | 2011-11-15T09:00"""
        },
        {LATE: ("exception", "order_cancelled")},
    ),
    # not even service
    "her address is suppressed": (
        {"suppressions": f"address_hash | channel\n{ADDRESS_HASH} | email"},
        {LATE: ("suppressed", "address_suppressed")},
    ),
    "she is not to be contacted": (
        {
            "customers": """customer_id | email | do_not_contact_reason
            ann | ann@shop.example | asked by phone"""
        },
        {LATE: ("suppressed", "do_not_contact")},
    ),
    # a part
    "one of two parcels came": (ONE_CAME, {PARTIAL: SEND}),
    "one of two parcels came today": (
        {**ONE_CAME, "shipments": IN_TWO.replace("2011-11-17T10:00", "2011-11-20T10:00")},
        {},
    ),
    "one of two parcels came, the other is late": (
        {**ONE_CAME, "orders": ORDERS},
        {PARTIAL: SEND, LATE: ("exception", "other_notice")},
    ),
    "one of two parcels came, the other is stuck": (
        {
            **ONE_CAME,
            "tracking_events": SCANS.replace("s1 ", "s2 ").replace(
                "in_transit | 2011-11-18T09", "exception | 2011-11-18T09"
            ),
        },
        {STUCK: SEND},
    ),
    "one of two parcels came, after she was told that they are late": (
        {
            **ONE_CAME,
            "orders": ORDERS.replace("2011-11-17", "2011-11-16"),
            "messages": MAIL + "m1 | ann | o1 | tracking | service | email | 2011-11-17T08:00",
        },
        {PARTIAL: SEND, LATE: ("exception", "told_already")},
    ),
    "a part came, and the rest is promised for December": (
        {**ONE_LEFT, "orders": ORDERS.replace("2011-11-17", "2011-12-15")},
        {},
    ),
    "a part came, and the rest was paid back": (
        {
            **ONE_LEFT,
            "order_lines": f"{LINES.strip().splitlines()[0]} | qty_refunded\n"
            "l1 | o1 | CANDLE | 2 | 400 | -\nl2 | o1 | JUG | 1 | 1500 | 1\nl9 | o9 | NAPKIN | 1 | 300 | -",
        },
        {},
    ),
    "a part came, and the rest is in no parcel": (ONE_LEFT, {PARTIAL: SEND}),
    "a part came, and she is sending it back": (
        {**ONE_CAME, "returns": "return_id | order_id | state | requested_at\nr1 | o1 | open | 2011-11-19T10:00"},
        {PARTIAL: ("exception", "support_at_work")},
    ),
    "what needs no parcel came, and the rest has not left": (
        {**ONLY_BOBS, "products": night.PRODUCTS.replace("consumable   | candles", "digital      | candles")},
        {NOT_SHIPPED: SEND},
    ),
    # never came
    "she says that it never came": (CLAIMED, {HELP: SEND}),
    "she says that it never came, and it is late": (
        {"claims": CLAIMED["claims"]},
        {HELP: SEND, LATE: ("exception", "support_at_work")},
    ),
    "one of two parcels came, and she says that the other never did": (
        {**ONE_CAME, "claims": CLAIMED["claims"]},
        {HELP: SEND, PARTIAL: ("exception", "support_at_work")},
    ),
    "the shop itself opened a claim for a lost parcel": (
        {"shipments": ARRIVED, "claims": CLAIM + "k1 | o1 | lost | open | 2011-11-19T10:00"},
        {},
    ),
    "she said so a week ago": ({**CLAIMED, "claims": CLAIMED["claims"].replace("11-19", "11-12")}, {}),
    "she said so, and support has it": (
        {**CLAIMED, "tickets": TICKET + "t1 | ann | o1 | open | 2011-11-19T10:00 | -"},
        {HELP: ("exception", "support_at_work")},
    ),
    "she said so, and it is settled": (
        {
            "shipments": ARRIVED,
            "claims": f"{CLAIM.strip()} | resolved_at\n"
            "k1 | o1 | not_received | settled | 2011-11-19T10:00 | 2011-11-20T10:00",
        },
        {},
    ),
    # one a night
    "two orders are late": (
        {
            "orders": ORDERS + "\no2 | ann | 2011-11-11T09:00 | 2011-11-18",
            "order_lines": LINES + "l3 | o2 | JUG | 1 | 1500",
            "shipments": PARCELS + "s2 | o2 | royal-mail | 2011-11-12T09:00 | in_transit | -\n",
            "tracking_events": SCANS + "e2 | s2 | in_transit | 2011-11-18T10:00",
        },
        {LATE: SEND, ("delay_notice", "o2@late"): ("lost_arbitration", "one_notice")},
    ),
}


def of_ann(tables: dict[str, str], **told: object) -> dict[tuple[str, str], tuple[str, str | None]]:
    """Return what is decided about Ann's orders: (program, subject) → verdict and first reason."""
    usual = {
        "customers": CUSTOMERS,
        "consents": NO_CONSENT,
        "orders": ORDERS,
        "order_lines": LINES,
        "shipments": PARCELS,
        "tracking_events": SCANS,
    }
    decided = night.decide(night.world(**{**usual, **tables}), **told).decisions.to_pylist()
    return {
        (row["program"], row["subject"]): (row["verdict"], row["reasons"][0] if row["reasons"] else None)
        for row in decided
        if row["customer_id"] == "ann" and row["program"] in SERVICE_PROGRAMS
    }


@pytest.mark.parametrize("happened", CASES)
def test_who_is_told(happened: str) -> None:
    """She is told once, of what is true, by whoever has the matter in hand."""
    tables, expected = CASES[happened]

    assert of_ann(tables) == expected


def test_of_two_late_orders_the_one_that_is_late_for_longer_is_told() -> None:
    """And not the one whose number comes first."""
    tables = {
        "orders": ORDERS + "\no0 | ann | 2011-11-11T09:00 | 2011-11-18",
        "order_lines": LINES + "l3 | o0 | JUG | 1 | 1500",
        "shipments": PARCELS + "s0 | o0 | royal-mail | 2011-11-12T09:00 | in_transit | -\n",
        "tracking_events": SCANS + "e0 | s0 | in_transit | 2011-11-18T10:00",
    }

    assert of_ann(tables)[LATE] == SEND


def test_days_are_those_of_the_shops_clock() -> None:
    """In the evening of the night on the shop's clock it is the next day in UTC."""
    shop = night.SHOP.model_copy(update={"timezone": "America/Los_Angeles"})
    cutoff = AsOf(run_date=night.RUN_DATE, timezone=shop.timezone).cutoff
    tables = {"shipments": ARRIVED, "claims": CLAIM + "k1 | o1 | not_received | open | 2011-11-21T01:00"}
    world = night.world(
        **{"customers": CUSTOMERS, "consents": NO_CONSENT, "orders": ORDERS, "order_lines": LINES} | tables
    )
    build_journey(world, cutoff=cutoff, timezone=shop.timezone)

    decided = build_decisions(
        world,
        run_date=night.RUN_DATE,
        cutoff=cutoff,
        shop=shop,
        segments=night.SEGMENTS,
        readiness=night.passing(shop),
    ).decisions.to_pylist()
    (help_,) = [row for row in decided if row["program"] == "not_received_help"]

    assert (help_["verdict"], json.loads(help_["facts"])["claimed_on"]) == ("send", "2011-11-20")


def test_no_gate_locks_what_went_wrong() -> None:
    """A shop that is not ready for marketing still says that a parcel is late (R19)."""
    held = pa.Table.from_pylist(
        [
            {"check": "on_time_share", "scope": scope, "program": program, "verdict": "hold"}
            for program in night.SHOP.programs
            for scope in ("shop", "carrier:royal-mail")
        ],
        schema=night.READINESS,
    )

    assert of_ann({}, readiness=held) == {LATE: SEND}


def test_nobody_is_withheld_from_what_went_wrong() -> None:
    """Whoever gets no marketing, to measure it, still hears that a parcel is late."""
    shop = night.SHOP.model_copy(
        update={"holdout": night.SHOP.holdout.model_copy(update={"global_percent": 50, "program_percent": 50})}
    )
    withheld = {
        name
        for name in ("ann", *(f"ann{number}" for number in range(8)))
        if night.in_holdout(name, salt=shop.holdout.salt, program=EVERYONE, percent=50)
    }
    assert withheld
    name = min(withheld)
    tables = {
        "customers": CUSTOMERS.replace("ann ", f"{name} "),
        "consents": NO_CONSENT,
        "orders": ORDERS.replace("| ann", f"| {name}"),
        "order_lines": LINES,
        "shipments": PARCELS,
        "tracking_events": SCANS,
    }
    audience = night.decide(night.world(**tables), shop=shop)

    assert night.verdicts(audience)[name, *LATE] == ("send", ())
    assert audience.assignments.num_rows == 0


def test_who_unsubscribed_by_a_link_still_hears_what_went_wrong() -> None:
    """The link ends marketing and education alone."""
    left = night.left_by_link("ann", at=night.CUTOFF - timedelta(days=1))

    assert of_ann({}, unsubscribes=left) == of_ann({}) == {LATE: SEND}


def test_a_notice_is_sent_once() -> None:
    """The same delay is told once, on however many nights it lasts; that it got stuck since is news."""
    sent = pa.table(
        {
            "message_id": ["m"],
            "customer_id": ["ann"],
            "program": ["delay_notice"],
            "channel": ["email"],
            "message_class": ["service"],
            "decision_subject": ["o1@late"],
            "run_date": pa.array([night.RUN_DATE], pa.date32()),
            "sent_at": pa.array([None], pa.timestamp("us")),
        }
    )
    stuck = {"tracking_events": SCANS.replace("18T09:00", "11T09:00")}

    assert of_ann({}, sent_before=sent) == {LATE: ("exception", "already_sent")}
    assert of_ann(stuck, sent_before=sent) == {STUCK: SEND}
