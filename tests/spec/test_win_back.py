"""Who is reminded after a long silence, case by case; a table to read. The night is 20 November 2011.

Ann ordered on 20 June, 25 July and 29 August, five weeks apart; the last parcel came on 1 September, 80 days ago, which
is 2.3 times as long as she usually lets pass. Each time there were tea lights, once a jug.
"""

import pytest

from tests.unit.audiences import night

HEADER = "order_id | customer_id | placed_at\n"
ORDERS = HEADER + "o1 | ann | 2011-06-20T09:00\no2 | ann | 2011-07-25T09:00\no3 | ann | 2011-08-29T09:00\n"
LINES = """order_line_id | order_id | sku | qty | unit_price_cents
l1 | o1 | CANDLE | 2 | 400
l2 | o2 | CANDLE | 2 | 400
l3 | o3 | CANDLE | 2 | 400
l4 | o3 | JUG | 1 | 1500
"""
PARCELS = """shipment_id | order_id | shipped_at | status | delivered_at
s1 | o1 | 2011-06-21T09:00 | delivered | 2011-06-23T12:00
s2 | o2 | 2011-07-26T09:00 | delivered | 2011-07-28T12:00
s3 | o3 | 2011-08-30T09:00 | delivered | 2011-09-01T12:00
"""
SCORES = (
    "customer_id | repeat_probability_90d | days_since_order | order_count\nann | 0.4 | 83 | 3\nbob | 0.4 | 83 | 3\n"
)
CANDIDATES = "customer_id | sku | rank | score | is_repeat | source\n" + "\n".join(
    f"{name} | {sku} | {rank} | 0.1 | true | repeat"
    for name in ("ann", "bob")
    for rank, sku in enumerate(("CANDLE", "JUG"), 1)
)
# Bob's three orders make the shop's rhythm where Ann has none of her own.
ONCE = {
    "orders": HEADER + "o3 | ann | 2011-08-29T09:00\n"
    "b1 | bob | 2011-06-20T09:00\nb2 | bob | 2011-07-25T09:00\nb3 | bob | 2011-08-29T09:00\n",
    "order_lines": LINES.replace("l1 | o1", "l1 | b1").replace("l2 | o2", "l2 | b2"),
}
OWN, FEW = "win_back_own_rhythm", "win_back_few_orders"
RETURNED = {
    "returns": "return_id | order_id | state | requested_at | closed_at | outcome\n"
    "r1 | o3 | closed | 2011-09-03T10:00 | 2011-09-12T10:00 | refund",
    "return_lines": "return_id | order_line_id | qty | reason | outcome\n"
    "r1 | l3 | 2 | quality | refund\nr1 | l4 | 1 | quality | refund",
}

# what happened -> the tables that say so, and (segment, verdict, first reason), or None where no segment contains her
CASES: dict[str, tuple[dict[str, str], tuple[str, str, str | None] | None]] = {
    "silent for more than twice as long as usual": ({}, (OWN, "send", None)),
    "silent for hardly longer than usual": (
        {
            "orders": ORDERS.replace("2011-08-29", "2011-09-27"),
            "shipments": PARCELS.replace("2011-08-30", "2011-09-28").replace("2011-09-01T12", "2011-09-30T12"),
        },
        None,
    ),
    "silent for more than three times as long": (
        {
            "orders": ORDERS.replace("06-20", "04-20").replace("07-25", "05-25").replace("08-29", "06-29"),
            "shipments": PARCELS.replace("08-30", "07-01").replace("09-01T12", "07-03T12"),
        },
        None,
    ),
    "ordered again, and it came": (
        {
            "orders": ORDERS + "o4 | ann | 2011-11-01T09:00\n",
            "order_lines": LINES + "l5 | o4 | JUG | 1 | 1500\n",
            "shipments": PARCELS + "s4 | o4 | 2011-11-02T09:00 | delivered | 2011-11-04T12:00\n",
        },
        None,
    ),
    "ordered again this week": (
        {"orders": ORDERS + "o4 | ann | 2011-11-18T09:00\n", "order_lines": LINES + "l5 | o4 | JUG | 1 | 1500\n"},
        None,
    ),
    "ordered again, and cancelled": (
        {
            "orders": "order_id | customer_id | placed_at | cancelled_at\n"
            + "".join(f"{line} | -\n" for line in ORDERS.strip().splitlines()[1:])
            + "o4 | ann | 2011-10-18T09:00 | 2011-10-18T10:00\n",
            "order_lines": LINES + "l5 | o4 | JUG | 1 | 1500\n",
        },
        (OWN, "send", None),
    ),
    "the last parcel never came": (
        {"shipments": PARCELS.replace("delivered | 2011-09-01T12:00", "in_transit | -")},
        None,
    ),
    "one order, and the shop's rhythm says that it is long ago": (ONCE, (FEW, "send", None)),
    "one order, of nothing that is used up": (
        {**ONCE, "order_lines": ONCE["order_lines"].replace("l3 | o3 | CANDLE", "l3 | o3 | HOLDER")},
        None,
    ),
    "one order, and hardly anyone like her comes back": (
        {**ONCE, "scores": SCORES.replace("ann | 0.4", "ann | 0.04")},
        None,
    ),
    "what she came back for is sold out": (
        {
            "products": """sku | title | product_type | price_cents | is_in_stock
            CANDLE | Tea lights | consumable | 400 | false
            JUG | Jug | durable | 1500 | true"""
        },
        None,
    ),
    "what she came back for is no longer sold": (
        {
            "products": """sku | title | product_type | price_cents | status
            CANDLE | Tea lights | consumable | 400 | discontinued
            JUG | Jug | durable | 1500 | active"""
        },
        None,
    ),
    "she sent the last order back": (RETURNED, None),
    "she sent the last order's jug back": (
        {**RETURNED, "return_lines": RETURNED["return_lines"].replace("r1 | l3 | 2 | quality | refund\n", "")},
        (OWN, "send", None),
    ),
    "the last order held only a jug, and she sent it back": (
        {
            **RETURNED,
            "order_lines": LINES.replace("l3 | o3 | CANDLE | 2 | 400\n", ""),
            "return_lines": RETURNED["return_lines"].replace("r1 | l3 | 2 | quality | refund\n", ""),
        },
        (OWN, "exception", "line_returned"),
    ),
    "the last order was paid back": (
        {"refunds": "refund_id | order_id | amount_cents | refunded_at\nf1 | o3 | 2300 | 2011-09-09T10:00"},
        (OWN, "exception", "order_refunded"),
    ),
    "she has an open question": (
        {"tickets": "ticket_id | customer_id | status | created_at\nt1 | ann | open | 2011-11-18T10:00"},
        (OWN, "exception", "ticket_open"),
    ),
    "she unsubscribed": (
        {"consents": "customer_id | captured_at | status\nann | 2011-09-05T10:00 | unsubscribed"},
        (OWN, "no_consent", "consent_unsubscribed"),
    ),
    "she gave her address in a sale only": (
        {"consents": "customer_id | captured_at | status\nann | 2011-06-20T10:00 | soft_opt_in"},
        (OWN, "send", None),
    ),
}


def decided(tables: dict[str, str]) -> list[dict[str, object]]:
    """Return what is decided on win-back for Ann."""
    usual = {
        "orders": ORDERS,
        "order_lines": LINES,
        "shipments": PARCELS
        + "".join(f"b{n} | b{n} | 2011-0{5 + n}-21T09:00 | delivered | 2011-0{5 + n}-23T12:00\n" for n in (1, 2, 3)),
        "candidates": CANDIDATES,
        "scores": SCORES,
    }
    rows = night.decide(night.world(**{**usual, **tables})).decisions.to_pylist()
    return [row for row in rows if (row["customer_id"], row["program"]) == ("ann", "win_back")]


@pytest.mark.parametrize("happened", CASES)
def test_who_is_reminded(happened: str) -> None:
    """Whoever is silent for long by what is usual, has what they came back for, and nothing speaks against it."""
    tables, expected = CASES[happened]
    found = [
        (*row["segments"], row["verdict"], row["reasons"][0] if row["reasons"] else None) for row in decided(tables)
    ]

    assert found == ([] if expected is None else [expected])


def test_favourites_are_named() -> None:
    """What she bought on several days, and not the jug that she bought once; the anchor is the newest arrival."""
    (row,) = decided({})

    assert (row["subject"], row["skus"]) == ("o3", ["CANDLE"])
    for told in ('"usual_gap_days":35', '"days_since_delivery":80', '"purchases":3', '"last_bought_on":"2011-08-29"'):
        assert told in str(row["facts"]), told
