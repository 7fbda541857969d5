"""Reminders and suggestions about things that the customer sent back, never got, or did not get on with."""

import pytest

from tests.unit.audiences import night

DUE = """
customer_id | sku    | due_on     | due_on_early | due_on_late | buy_probability | basis   | purchases | last_bought_on
ann         | CANDLE | 2011-11-24 | 2011-11-21   | 2011-11-30  | 0.30            | product | 1         | 2011-11-01
"""
SUGGESTED = """
customer_id | sku    | rank | score | is_repeat | because_sku | support
ann         | JUG    | 1    | 0.04  | false     | CANDLE      | 7
"""
# Her tea lights came two weeks ago; before that she had another pack, and a holder for them.
ORDERS = """
order_id | customer_id | placed_at
o1       | ann         | 2011-11-01T09:00
o0       | ann         | 2011-06-01T09:00
"""
LINES = """
order_line_id | order_id | sku    | qty | unit_price_cents
l1            | o1       | CANDLE | 2   | 400
l0            | o0       | CANDLE | 1   | 400
l2            | o0       | HOLDER | 1   | 900
"""
PARCELS = """
shipment_id | order_id | shipped_at       | status    | delivered_at
s1          | o1       | 2011-11-02T09:00 | delivered | 2011-11-06T12:00
s0          | o0       | 2011-06-02T09:00 | delivered | 2011-06-06T12:00
"""
RETURN = "return_id | order_id | state | requested_at | closed_at\n"
LINE = "return_id | order_line_id | reason | outcome\n"

# what happened -> the tables that say so, and the reason why no reminder is sent (none: it is sent)
REMINDERS: dict[str, tuple[dict[str, str], str | None]] = {
    "nothing happened": ({}, None),
    "she sent the older pack back after the newer one came": (
        {
            "returns": RETURN + "r1 | o0 | closed | 2011-11-08 | 2011-11-12",
            "return_lines": LINE + "r1 | l0 | no_longer_needed | refund",
        },
        "line_returned",
    ),
    "she sent the older pack back and then bought the newer one": (
        {
            "returns": RETURN + "r1 | o0 | closed | 2011-07-08 | 2011-07-12",
            "return_lines": LINE + "r1 | l0 | damaged | refund",
        },
        None,
    ),
    "she sent the older pack back and may keep it": (
        {
            "returns": RETURN + "r1 | o0 | closed | 2011-11-08 | 2011-11-12",
            "return_lines": LINE + "r1 | l0 | damaged | keep_item",
        },
        None,
    ),
    "the older pack did not agree with her": (
        {
            "returns": RETURN + "r1 | o0 | closed | 2011-07-08 | 2011-07-12",
            "return_lines": LINE + "r1 | l0 | allergy | keep_item",
        },
        "made_ill",
    ),
    "the older pack did not agree with her, and its order was cancelled": (
        {
            "orders": """order_id | customer_id | placed_at | cancelled_at
            o1 | ann | 2011-11-01T09:00 | -
            o0 | ann | 2011-06-01T09:00 | 2011-06-03T09:00""",
            "returns": RETURN + "r1 | o0 | closed | 2011-07-08 | 2011-07-12",
            "return_lines": LINE + "r1 | l0 | allergy | refund",
        },
        "made_ill",
    ),
    "the newer pack never came, and a claim was decided": (
        {
            "shipments": PARCELS.replace("delivered | 2011-11-06T12:00", "exception | -"),
            "claims": """claim_id | order_id | type | state | opened_at | resolved_at
            c1 | o1 | lost | closed | 2011-11-08T20:00 | 2011-11-10T10:00""",
        },
        "not_arrived",
    ),
    "an older pack came by subscription": (
        {
            "orders": """order_id | customer_id | placed_at | is_subscription
            o1 | ann | 2011-11-01T09:00 | false
            o0 | ann | 2011-06-01T09:00 | true"""
        },
        "subscription",
    ),
    "money was paid back, and nothing says for what": (
        {"refunds": "refund_id | order_id | amount_cents | refunded_at\nf1 | o1 | 100 | 2011-11-09T10:00"},
        "order_refunded",
    ),
    "money was paid back for a claim that was decided": (
        {
            "refunds": "refund_id | order_id | amount_cents | refunded_at\nf1 | o1 | 100 | 2011-11-09T10:00",
            "claims": """claim_id | order_id | type | state | opened_at | resolved_at
            c1 | o1 | damaged | closed | 2011-11-08T20:00 | 2011-11-09T10:00""",
        },
        None,
    ),
}


@pytest.mark.parametrize("happened", REMINDERS)
def test_reminders(happened: str) -> None:
    """A reminder goes out for what the customer has and gets on with, and for nothing else."""
    tables, reason = REMINDERS[happened]
    told = {"orders": ORDERS, "order_lines": LINES, "shipments": PARCELS} | tables

    found = night.verdicts(night.decide(night.world(replenishment=DUE, **told)))["ann", "replenishment", "CANDLE@1"]

    assert found == (("send", ()) if reason is None else ("exception", (reason,)))


# what happened to the order -> the tables that say so, and "send", "not considered", or the reason against
SUGGESTIONS: dict[str, tuple[dict[str, str], str]] = {
    "nothing happened": ({}, "send"),
    "one of two things went back": (
        {
            "returns": RETURN + "r1 | o1 | closed | 2011-11-08 | 2011-11-12",
            "return_lines": LINE + "r1 | l2 | no_longer_needed | refund",
        },
        "send",
    ),
    "all of it went back": (
        {
            "returns": RETURN + "r1 | o1 | closed | 2011-11-08 | 2011-11-12",
            "return_lines": LINE + "r1 | l1 | no_longer_needed | refund\nr1 | l2 | no_longer_needed | refund",
        },
        "line_returned",
    ),
    "all of it was paid back": (
        {"refunds": "refund_id | order_id | amount_cents | refunded_at\nf1 | o1 | 1700 | 2011-11-09T10:00"},
        "order_refunded",
    ),
    "something of the suggested kind did not agree with her": (
        {
            "products": night.PRODUCTS.replace(
                "JUG    | Enamel jug    | durable      | kitchen", "JUG    | Jug | durable | candles"
            ),
            "returns": RETURN + "r1 | o1 | closed | 2011-11-08 | 2011-11-12",
            "return_lines": LINE + "r1 | l2 | allergy | refund",
        },
        "not considered",
    ),
    "money was paid back before one of two things went back": (
        {
            "refunds": "refund_id | order_id | amount_cents | refunded_at\nf1 | o1 | 100 | 2011-11-07T10:00",
            "returns": RETURN + "r1 | o1 | closed | 2011-11-08 | 2011-11-12",
            "return_lines": LINE + "r1 | l2 | no_longer_needed | refund",
        },
        "order_refunded",
    ),
    "the suggested thing went back before, out of a cancelled order": (
        {
            "orders": """order_id | customer_id | placed_at | total_cents | cancelled_at
            o1 | ann | 2011-11-01T09:00 | 1700 | -
            o0 | ann | 2011-06-01T09:00 | 1500 | 2011-06-02T09:00""",
            "order_lines": LINES.replace("HOLDER", "JUG"),
            "returns": RETURN + "r1 | o0 | closed | 2011-06-08 | 2011-06-12",
            "return_lines": LINE + "r1 | l2 | not_as_described | refund",
        },
        "not considered",
    ),
    "it was a gift": (
        {"orders": "order_id | customer_id | placed_at | is_gift\no1 | ann | 2011-11-01T09:00 | true"},
        "gift",
    ),
}


@pytest.mark.parametrize("happened", SUGGESTIONS)
def test_suggestions(happened: str) -> None:
    """What goes with an order is suggested to those who kept something of it, and is nothing that made them ill."""
    tables, outcome = SUGGESTIONS[happened]
    told = {
        "orders": "order_id | customer_id | placed_at | total_cents\no1 | ann | 2011-11-01T09:00 | 1700",
        "order_lines": """order_line_id | order_id | sku | qty | unit_price_cents
        l1 | o1 | CANDLE | 2 | 400
        l2 | o1 | HOLDER | 1 | 900""",
        "shipments": "\n".join(PARCELS.strip().splitlines()[:2]),
    } | tables

    found = night.verdicts(night.decide(night.world(candidates=SUGGESTED, **told))).get(("ann", "cross_sell", "o1"))

    expected = {"send": ("send", ()), "not considered": None}.get(outcome, ("exception", (outcome,)))
    assert found == expected
