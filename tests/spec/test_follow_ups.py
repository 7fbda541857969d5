"""Who is thanked, reminded of points, or asked after an exchange or a claim; a table to read.

The night is 20 November 2011. Ann bought candles; they came on the 18th. What else happened stands in the case.
"""

import json

import pytest

from tests.unit.audiences import night

PROGRAMS = ("loyalty", "exchange_follow_up", "claim_follow_up")
SEGMENTS = tuple(segment for segment in night.SEGMENTS if segment.program in PROGRAMS)
ORDER_HEADER = "order_id | customer_id | placed_at\n"
FIVE = (
    ORDER_HEADER + "".join(f"p{n} | ann | 2011-0{n}-10T09:00\n" for n in (1, 2, 3, 4)) + "o1 | ann | 2011-11-12T09:00\n"
)
FIVE_LINES = "order_line_id | order_id | sku | qty | unit_price_cents\n" + "".join(
    f"l{name} | {name} | JUG | 1 | 1500\n" for name in ("p1", "p2", "p3", "p4", "o1")
)
FIVE_PARCELS = "shipment_id | order_id | shipped_at | status | delivered_at\n" + "".join(
    f"s{name} | {name} | 2011-{day}T09:00 | delivered | 2011-{day}T18:00\n"
    for name, day in (("p1", "01-12"), ("p2", "02-12"), ("p3", "03-12"), ("p4", "04-12"), ("o1", "11-17"))
)
MILESTONE = {"orders": FIVE, "order_lines": FIVE_LINES, "shipments": FIVE_PARCELS}
POINTS = "customer_id | tier | points | points_expire_on\n"
RETURN = "return_id | order_id | state | requested_at | closed_at | outcome\n"
BACK = "return_id | order_line_id | qty | reason | outcome | exchange_sku\n"
OLD = "o0 | ann | 2011-10-20T09:00\n"
EXCHANGED = {
    "orders": ORDER_HEADER + OLD + "x1 | ann | 2011-11-08T09:00\n",
    "order_lines": """order_line_id | order_id | sku | qty | unit_price_cents
    l0 | o0 | JUG | 1 | 1500
    lx | x1 | HOLDER | 1 | 900
    """,
    "shipments": """shipment_id | order_id | shipped_at | status | delivered_at
    s0 | o0 | 2011-10-21T09:00 | delivered | 2011-10-24T12:00
    sx | x1 | 2011-11-14T09:00 | delivered | 2011-11-16T12:00
    """,
    "returns": RETURN + "r1 | o0 | closed | 2011-11-01T09:00 | 2011-11-16T13:00 | exchange",
    "return_lines": BACK + "r1 | l0 | 1 | size | exchange | HOLDER",
}
CLAIM = "claim_id | order_id | type | state | opened_at | resolved_at\n"

# what happened -> the tables that say so, the program and subject, and verdict with the reason that decides; None where
# no segment contains her
CASES: dict[str, tuple[dict[str, str], tuple[str, str], tuple[str, str | None] | None]] = {
    "points expire in two weeks": (
        {"loyalty": POINTS + "ann | gold | 420 | 2011-12-04"},
        ("loyalty", "points@2011-12-04"),
        ("send", None),
    ),
    "points expire in two months": (
        {"loyalty": POINTS + "ann | gold | 420 | 2012-01-18"},
        ("loyalty", "points@2012-01-18"),
        None,
    ),
    "a dozen points expire": (
        {"loyalty": POINTS + "ann | gold | 12 | 2011-12-04"},
        ("loyalty", "points@2011-12-04"),
        None,
    ),
    "points that expired": (
        {"loyalty": POINTS + "ann | gold | 420 | 2011-11-19"},
        ("loyalty", "points@2011-11-19"),
        None,
    ),
    "points, and she unsubscribed": (
        {
            "loyalty": POINTS + "ann | gold | 420 | 2011-12-04",
            "consents": "customer_id | captured_at | status\nann | 2011-09-05T10:00 | unsubscribed",
        },
        ("loyalty", "points@2011-12-04"),
        ("no_consent", "consent_unsubscribed"),
    ),
    "points of an account that was merged into hers": (
        {
            "customers": """customer_id | email | merged_into
            ann | ann@shop.example | -
            old | old@shop.example | ann""",
            "loyalty": POINTS + "old | gold | 420 | 2011-12-04",
        },
        ("loyalty", "points@2011-12-04"),
        ("send", None),
    ),
    "the fifth order came": (MILESTONE, ("loyalty", "orders@5"), ("send", None)),
    "the fourth order came": (
        {**MILESTONE, "orders": FIVE.replace("p4 | ann", "p4 | bob")},
        ("loyalty", "orders@4"),
        None,
    ),
    "the fifth order is under way": (
        {**MILESTONE, "shipments": FIVE_PARCELS.replace("delivered | 2011-11-17T18:00", "in_transit | -")},
        ("loyalty", "orders@5"),
        None,
    ),
    "the fifth order came, and she asked something": (
        {**MILESTONE, "tickets": "ticket_id | customer_id | status | created_at\nt1 | ann | open | 2011-11-18T10:00"},
        ("loyalty", "orders@5"),
        ("exception", "ticket_open"),
    ),
    "the other one came in an order of its own": (EXCHANGED, ("exchange_follow_up", "r1"), ("send", None)),
    "the other one came in the same order": (
        {
            **EXCHANGED,
            "orders": ORDER_HEADER + OLD,
            "order_lines": "order_line_id | order_id | sku | qty | unit_price_cents\nl0 | o0 | JUG | 1 | 1500",
            "shipments": EXCHANGED["shipments"].replace("sx | x1", "sx | o0"),
        },
        ("exchange_follow_up", "r1"),
        ("send", None),
    ),
    "the other one is under way": (
        {**EXCHANGED, "shipments": EXCHANGED["shipments"].replace("delivered | 2011-11-16T12:00", "in_transit | -")},
        ("exchange_follow_up", "r1"),
        None,
    ),
    "the exchange is still open": (
        {**EXCHANGED, "returns": RETURN + "r1 | o0 | approved | 2011-11-01T09:00 | - | exchange"},
        ("exchange_follow_up", "r1"),
        None,
    ),
    "it was sent back for money": (
        {
            **EXCHANGED,
            "returns": RETURN + "r1 | o0 | closed | 2011-11-01T09:00 | 2011-11-16T13:00 | refund",
            "return_lines": BACK + "r1 | l0 | 1 | size | refund | -",
        },
        ("exchange_follow_up", "r1"),
        None,
    ),
    "a claim was settled last week": (
        {"claims": CLAIM + "k1 | o1 | damaged | settled | 2011-11-10T10:00 | 2011-11-14T10:00"},
        ("claim_follow_up", "k1"),
        ("send", None),
    ),
    "a claim was settled with all the money back": (
        {
            "claims": CLAIM + "k1 | o1 | damaged | settled | 2011-11-10T10:00 | 2011-11-14T10:00",
            "refunds": "refund_id | order_id | amount_cents | refunded_at\nf1 | o1 | 1000 | 2011-11-14T10:00",
        },
        ("claim_follow_up", "k1"),
        ("send", None),
    ),
    "a claim was settled yesterday": (
        {"claims": CLAIM + "k1 | o1 | damaged | settled | 2011-11-10T10:00 | 2011-11-19T10:00"},
        ("claim_follow_up", "k1"),
        None,
    ),
    "a claim was opened again": (
        {
            "claims": f"{CLAIM.strip()} | is_reopened\n"
            "k1 | o1 | damaged | settled | 2011-11-10T10:00 | 2011-11-14T10:00 | true"
        },
        ("claim_follow_up", "k1"),
        None,
    ),
    "another claim is open": (
        {
            "claims": CLAIM + "k1 | o1 | damaged | settled | 2011-11-10T10:00 | 2011-11-14T10:00\n"
            "k2 | o1 | warranty | open | 2011-11-18T10:00 | -"
        },
        ("claim_follow_up", "k1"),
        ("exception", "claim_open"),
    ),
}


@pytest.mark.parametrize("happened", CASES)
def test_who_hears_of_it(happened: str) -> None:
    """Each occasion has its moment, and what speaks against marketing speaks against it."""
    tables, about, expected = CASES[happened]
    found = {
        (row["program"], row["subject"]): (row["verdict"], row["reasons"][0] if row["reasons"] else None)
        for row in night.decide(night.world(**tables), segments=SEGMENTS).decisions.to_pylist()
    }

    assert found.get(about) == expected


def test_what_is_told() -> None:
    """The facts name the points and their day, the number of orders, what came in exchange and what was claimed."""
    told = {}
    for tables in (
        {"loyalty": POINTS + "ann | gold | 420 | 2011-12-04"},
        MILESTONE,
        EXCHANGED,
        {"claims": CLAIM + "k1 | o1 | damaged | settled | 2011-11-10T10:00 | 2011-11-14T10:00"},
    ):
        for row in night.decide(night.world(**tables), segments=SEGMENTS).decisions.to_pylist():
            told[row["program"], row["subject"]] = json.loads(row["facts"])

    points, fifth = told["loyalty", "points@2011-12-04"], told["loyalty", "orders@5"]
    assert (points["points"], points["points_expire_on"]) == (420, "2011-12-04")
    assert (fifth["orders_reached"], fifth["points"]) == (5, None)
    assert (told["exchange_follow_up", "r1"]["sku"], told["exchange_follow_up", "r1"]["delivered_on"]) == (
        "HOLDER",
        "2011-11-16",
    )
    assert told["claim_follow_up", "k1"]["resolved_on"] == "2011-11-14"
