"""Who must be left alone, rule by rule: Ann's tea lights came two days before the night, and something is wrong."""

import hashlib
from datetime import datetime

import pyarrow as pa
import pytest

from personalization.audiences.reasons import REASONS, STEPS
from personalization.settings import Consent
from tests.unit.audiences import night

TWO_ORDERS = """
order_id | customer_id | placed_at
o1       | ann         | 2011-11-15T09:00
o2       | ann         | 2011-11-10T09:00
"""
TWO_LINES = """
order_line_id | order_id | sku    | qty | unit_price_cents
l1            | o1       | CANDLE | 2   | 400
l2            | o2       | JUG    | 1   | 1500
"""

LINES_AND_JUG = """
order_line_id | order_id | sku    | qty | unit_price_cents
l1            | o1       | CANDLE | 2   | 400
l2            | o1       | JUG    | 1   | 1500
"""


def parcels(second: str) -> str:
    """Return Ann's parcel that arrived, and a second one of order o2: status, last heard of, delivered."""
    return f"""
    shipment_id | order_id | shipped_at       | status    | delivered_at
    s1          | o1       | 2011-11-16T09:00 | delivered | 2011-11-18T12:00
    s2          | o2       | {second}
    """


TICKET = "ticket_id | customer_id | status | created_at | resolved_at\n"
MAIL = "message_id | customer_id | source | channel | sent_at\nm1 | ann | esp | email | 2011-06-01T10:00"
ADDRESS_HASH = hashlib.sha256(b"ann@shop.example").hexdigest()

# what is wrong -> the tables that say so, the verdict, and the reason that decides
LEFT_ALONE: dict[str, tuple[dict[str, str], str, str]] = {
    "the customer data does not know her": (
        {"customers": "customer_id | email\nbob | bob@shop.example"},
        "no_data",
        "unknown_customer",
    ),
    "no address": ({"customers": "customer_id | email\nann | -"}, "no_data", "no_address"),
    "an address that is none": ({"customers": "customer_id | email\nann | none"}, "no_data", "no_address"),
    "the catalogue does not know the item": (
        {"products": "sku | title | product_type\nJUG | Jug | durable"},
        "no_data",
        "unknown_product",
    ),
    "on the suppression list": (
        {"suppressions": f"address_hash | channel\n{ADDRESS_HASH} | email"},
        "suppressed",
        "address_suppressed",
    ),
    "on the suppression list, written otherwise": (
        {
            "customers": "customer_id | email\nann | Ann@Shop.Example",
            "suppressions": f"address_hash | channel\n{ADDRESS_HASH} | email",
        },
        "suppressed",
        "address_suppressed",
    ),
    "do not contact": (
        {"customers": "customer_id | email | do_not_contact_reason\nann | ann@shop.example | asked by phone"},
        "suppressed",
        "do_not_contact",
    ),
    "do not contact, said of an older account": (
        {
            "customers": """customer_id | email | do_not_contact_reason | merged_into
            ann | ann@shop.example | - | -
            old | old@shop.example | died | ann"""
        },
        "suppressed",
        "do_not_contact",
    ),
    "reported a message as spam": (
        {"messages": MAIL, "engagement": "message_id | type | occurred_at\nm1 | complaint | 2011-06-02T10:00"},
        "suppressed",
        "complained",
    ),
    "reported a message as spam, and subscribed since": (
        {
            "messages": MAIL,
            "engagement": "message_id | type | occurred_at\nm1 | complaint | 2011-06-02T10:00",
            "consents": "customer_id | captured_at | status\nann | 2011-08-05T10:00 | subscribed",
        },
        "suppressed",
        "complained",
    ),
    "a mailbox that refuses for good": (
        {"messages": MAIL, "engagement": "message_id | type | occurred_at\nm1 | bounce_hard | 2011-06-02T10:00"},
        "suppressed",
        "hard_bounced",
    ),
    "unsubscribed through a message": (
        {"messages": MAIL, "engagement": "message_id | type | occurred_at\nm1 | unsubscribe | 2011-06-02T10:00"},
        "no_consent",
        "unsubscribed_in_message",
    ),
    "an older account of hers unsubscribed, with another address": (
        {
            "customers": """customer_id | email | merged_into
            ann | ann@shop.example | -
            old | old@shop.example | ann""",
            "consents": """customer_id | captured_at | status
            ann | 2011-01-05T10:00 | subscribed
            old | 2011-03-05T10:00 | unsubscribed""",
        },
        "no_consent",
        "consent_unsubscribed",
    ),
    "an older account of hers said yes, for another address": (
        {
            "customers": """customer_id | email | merged_into
            ann | ann@shop.example | -
            old | old@shop.example | ann""",
            "consents": "customer_id | captured_at | status\nold | 2011-01-05T10:00 | subscribed",
        },
        "no_consent",
        "consent_missing",
    ),
    "never asked": ({"consents": "customer_id | captured_at\nbob | 2011-01-05T10:00"}, "no_consent", "consent_missing"),
    "asked for texts only": (
        {"consents": "customer_id | channel | captured_at\nann | sms | 2011-01-05T10:00"},
        "no_consent",
        "consent_missing",
    ),
    "agreed to parcel news only": (
        {"consents": "customer_id | purpose | captured_at\nann | tracking | 2011-01-05T10:00"},
        "no_consent",
        "consent_missing",
    ),
    "agreed after the night": (
        {"consents": "customer_id | captured_at\nann | 2011-11-21T08:00"},
        "no_consent",
        "consent_missing",
    ),
    "unsubscribed later": (
        {
            "consents": """customer_id | captured_at | status
            ann | 2011-01-05T10:00 | subscribed
            ann | 2011-03-05T10:00 | unsubscribed"""
        },
        "no_consent",
        "consent_unsubscribed",
    ),
    "unsubscribed under an older account": (
        {
            "customers": """customer_id | email | merged_into
            ann | ann@shop.example | -
            old | old@shop.example | ann""",
            "consents": """customer_id | captured_at | status
            ann | 2011-01-05T10:00 | subscribed
            old | 2011-03-05T10:00 | unsubscribed""",
        },
        "no_consent",
        "consent_unsubscribed",
    ),
    **{
        f"consent {status}": (
            {"consents": f"customer_id | captured_at | status\nann | 2011-01-05T10:00 | {status}"},
            "no_consent",
            f"consent_{status}",
        )
        for status in ("pending", "never", "suppressed", "unknown")
    },
    "a business": (
        {"customers": "customer_id | email | is_b2b\nann | ann@shop.example | true"},
        "exception",
        "business_customer",
    ),
    "an open ticket": (
        {"tickets": "ticket_id | customer_id | created_at\nt1 | ann | 2011-06-01T10:00"},
        "exception",
        "ticket_open",
    ),
    "an open ticket that names only her order": (
        {"tickets": "ticket_id | customer_id | order_id | created_at\nt1 | - | o1 | 2011-11-19T10:00"},
        "exception",
        "ticket_open",
    ),
    "a ticket solved on a day that nobody wrote down": (
        {"tickets": "ticket_id | customer_id | status | created_at\nt1 | ann | solved | 2011-11-10T10:00"},
        "exception",
        "ticket_open",
    ),
    "a ticket resolved two days ago": (
        {"tickets": f"{TICKET}t1 | ann | solved | 2011-11-10T10:00 | 2011-11-18T10:00"},
        "exception",
        "ticket_just_resolved",
    ),
    "a parcel that never came": (
        {
            "claims": """claim_id | order_id | type | state | opened_at
            c1 | o1 | not_received | open | 2011-11-19T10:00"""
        },
        "exception",
        "not_received",
    ),
    "a warranty claim": (
        {"claims": "claim_id | order_id | type | state | opened_at\nc1 | o1 | warranty | open | 2011-11-19T10:00"},
        "exception",
        "claim_open",
    ),
    "another parcel on its way": (
        {
            "orders": TWO_ORDERS,
            "order_lines": TWO_LINES,
            "shipments": parcels("2011-11-19T09:00 | in_transit | -"),
        },
        "exception",
        "parcel_under_way",
    ),
    "another parcel in trouble": (
        {
            "orders": TWO_ORDERS,
            "order_lines": TWO_LINES,
            "shipments": parcels("2011-11-11T09:00 | exception | -"),
        },
        "exception",
        "parcel_in_trouble",
    ),
    "another parcel that nobody has seen for a week": (
        {
            "orders": TWO_ORDERS,
            "order_lines": TWO_LINES,
            "shipments": parcels("2011-11-11T09:00 | in_transit | -"),
        },
        "exception",
        "parcel_stalled",
    ),
    "another parcel went back": (
        {
            "orders": TWO_ORDERS,
            "order_lines": TWO_LINES,
            "shipments": parcels("2011-11-11T09:00 | return_to_sender | -"),
        },
        "exception",
        "parcel_returned_to_sender",
    ),
    "another parcel went back 80 days ago, and nothing was refunded": (
        {
            "orders": TWO_ORDERS.replace("2011-11-10", "2011-08-30"),
            "order_lines": TWO_LINES,
            "shipments": parcels("2011-09-01T09:00 | return_to_sender | -"),
        },
        "exception",
        "parcel_returned_to_sender",
    ),
    "another order has not left": ({"orders": TWO_ORDERS, "order_lines": TWO_LINES}, "exception", "order_under_way"),
    "an open return of something else": (
        {
            "orders": TWO_ORDERS,
            "order_lines": TWO_LINES,
            "shipments": parcels("2011-11-11T09:00 | delivered | 2011-11-13T09:00"),
            "returns": "return_id | order_id | requested_at\nr1 | o2 | 2011-11-19T10:00",
        },
        "exception",
        "return_open",
    ),
    "an open exchange": (
        {"returns": "return_id | order_id | requested_at | outcome\nr1 | o1 | 2011-11-19T10:00 | exchange"},
        "exception",
        "exchange_open",
    ),
    "sent back": (
        {
            "returns": """return_id | order_id | state | requested_at | closed_at
            r1 | o1 | closed | 2011-11-18T20:00 | 2011-11-19T10:00""",
            "return_lines": "return_id | order_line_id\nr1 | l1",
        },
        "exception",
        "line_returned",
    ),
    "an order that waits for a back-ordered item": (
        {
            "orders": TWO_ORDERS.replace("2011-11-10", "2011-09-10"),
            "order_lines": TWO_LINES,
        },
        "exception",
        "order_under_way",
    ),
    "refunded, by the order's state alone": (
        {"orders": "order_id | customer_id | placed_at | financial_status\no1 | ann | 2011-11-15T09:00 | refunded"},
        "exception",
        "order_refunded",
    ),
    "refunded in part, by the order's state alone": (
        {
            "orders": """order_id | customer_id | placed_at | financial_status
            o1 | ann | 2011-11-15T09:00 | partially_refunded"""
        },
        "exception",
        "order_refunded",
    ),
    "one of two pieces refunded": (
        {"order_lines": "order_line_id | order_id | sku | qty | qty_refunded\nl1 | o1 | CANDLE | 2 | 1"},
        "exception",
        "line_refunded",
    ),
    "refunded in part, and the return was an exchange": (
        {
            "refunds": "refund_id | order_id | amount_cents | refunded_at\nf1 | o1 | 400 | 2011-11-19T10:00",
            "returns": """return_id | order_id | state | requested_at | closed_at | outcome
            r1 | o1 | closed | 2011-11-18T20:00 | 2011-11-19T10:00 | exchange""",
            "return_lines": "return_id | order_line_id | exchange_sku\nr1 | l1 | CANDLE",
        },
        "exception",
        "order_refunded",
    ),
    "more was paid back than what she sent back was worth": (
        {
            "orders": "order_id | customer_id | placed_at | total_cents\no1 | ann | 2011-11-15T09:00 | 5000",
            "order_lines": LINES_AND_JUG,
            "refunds": """refund_id | order_id | amount_cents | refunded_at
            f1 | o1 | 1500 | 2011-11-19T10:00
            f2 | o1 | 600  | 2011-11-19T11:00""",
            "returns": """return_id | order_id | state | requested_at | closed_at | outcome
            r1 | o1 | closed | 2011-11-18T20:00 | 2011-11-19T10:00 | refund""",
            "return_lines": "return_id | order_line_id | outcome | value_cents\nr1 | l2 | refund | 1500",
        },
        "exception",
        "order_refunded",
    ),
    "money was paid back, and the return was for store credit": (
        {
            "orders": "order_id | customer_id | placed_at | total_cents\no1 | ann | 2011-11-15T09:00 | 5000",
            "order_lines": LINES_AND_JUG,
            "refunds": "refund_id | order_id | amount_cents | refunded_at\nf1 | o1 | 600 | 2011-11-19T11:00",
            "returns": """return_id | order_id | state | requested_at | closed_at | outcome
            r1 | o1 | closed | 2011-11-18T20:00 | 2011-11-19T10:00 | store_credit""",
            "return_lines": "return_id | order_line_id | outcome | value_cents\nr1 | l2 | store_credit | 1500",
        },
        "exception",
        "order_refunded",
    ),
    "another part of an order never came": (
        {
            "orders": TWO_ORDERS,
            "order_lines": TWO_LINES + "l3           | o2       | HOLDER | 1   | 900",
            "shipments": parcels("2011-11-11T09:00 | delivered | 2011-11-13T09:00"),
            "shipment_lines": "shipment_id | order_line_id | qty\ns1 | l1 | 2\ns2 | l2 | 1",
        },
        "exception",
        "partial_delivery",
    ),
    "it did not agree with her": (
        {
            "returns": """return_id | order_id | state | requested_at | closed_at
            r1 | o1 | closed | 2011-11-18T20:00 | 2011-11-19T10:00""",
            "return_lines": "return_id | order_line_id | reason | outcome\nr1 | l1 | allergy | keep_item",
        },
        "exception",
        "made_ill",
    ),
    "the carrier gave up another order, and nobody made it good": (
        {
            "orders": TWO_ORDERS.replace("o2       | ann         | 2011-11-10", "o2       | ann         | 2011-11-16"),
            "order_lines": TWO_LINES,
            "shipments": parcels("2011-11-17T09:00 | cancelled | -"),
        },
        "exception",
        "order_under_way",
    ),
    "all pieces of the line refunded": (
        {
            "order_lines": """order_line_id | order_id | sku | qty | qty_cancelled | qty_refunded
            l1 | o1 | CANDLE | 3 | 1 | 2"""
        },
        "exception",
        "line_refunded",
    ),
    "refunded": (
        {"refunds": "refund_id | order_id | amount_cents | refunded_at\nf1 | o1 | 400 | 2011-11-19T10:00"},
        "exception",
        "order_refunded",
    ),
    "a disputed charge": (
        {"chargebacks": "chargeback_id | order_id | opened_at\nb1 | o1 | 2011-11-19T10:00"},
        "exception",
        "chargeback",
    ),
    "a gift": (
        {"orders": "order_id | customer_id | placed_at | is_gift\no1 | ann | 2011-11-15T09:00 | true"},
        "exception",
        "gift",
    ),
    "for somebody else": (
        {"orders": "order_id | customer_id | placed_at | recipient_customer_id\no1 | ann | 2011-11-15T09:00 | bob"},
        "exception",
        "gift",
    ),
    "bought again since": (
        {
            "orders": "order_id | customer_id | placed_at\no1 | ann | 2011-11-15T09:00\no2 | ann | 2011-11-19T09:00",
            "order_lines": "order_line_id | order_id | sku\nl1 | o1 | CANDLE\nl2 | o2 | CANDLE",
        },
        "exception",
        "bought_again",
    ),
}


@pytest.mark.parametrize("wrong", LEFT_ALONE)
def test_left_alone(wrong: str) -> None:
    """Whoever has one of these reasons is not written to, and the reason is told."""
    tables, verdict, reason = LEFT_ALONE[wrong]

    decided = night.verdicts(night.decide(night.world(**tables)))["ann", "onboarding", "l1"]

    assert decided[0] == verdict
    assert reason in decided[1]


# what once was wrong, or looks wrong and is not -> the tables that say so
WRITTEN_TO: dict[str, dict[str, str]] = {
    "nothing wrong": {},
    "spam in the help desk": {
        "tickets": "ticket_id | customer_id | created_at | is_spam\nt1 | ann | 2011-11-19T10:00 | true"
    },
    "a ticket resolved four days ago": {"tickets": f"{TICKET}t1 | ann | solved | 2011-11-10T10:00 | 2011-11-16T10:00"},
    "an old ticket that is solved": {
        "tickets": "ticket_id | customer_id | status | created_at\nt1 | ann | closed | 2011-06-10T10:00"
    },
    "somebody else's ticket": {"tickets": "ticket_id | customer_id | created_at\nt1 | bob | 2011-11-19T10:00"},
    "somebody else on the suppression list": {"suppressions": "address_hash | channel\nffff | email"},
    "her texts are suppressed, her mail is not": {"suppressions": f"address_hash | channel\n{ADDRESS_HASH} | sms"},
    "subscribed again": {
        "consents": """customer_id | captured_at | status
        ann | 2011-01-05T10:00 | unsubscribed
        ann | 2011-03-05T10:00 | subscribed"""
    },
    "subscribed again after she left by a message": {
        "messages": "message_id | customer_id | source | channel | sent_at\nm1 | ann | esp | email | 2010-06-01T10:00",
        "engagement": "message_id | type | occurred_at\nm1 | unsubscribe | 2010-06-02T10:00",
    },
    "gave her address in a sale: help with what she bought": {
        "consents": "customer_id | captured_at | status\nann | 2011-01-05T10:00 | soft_opt_in"
    },
    "a return that was called off": {
        "returns": "return_id | order_id | state | requested_at\nr1 | o1 | cancelled | 2011-11-18T20:00"
    },
    "a claim that was settled": {
        "claims": """claim_id | order_id | type | state | opened_at | resolved_at
        c1 | o1 | damaged | closed | 2011-11-18T20:00 | 2011-11-19T10:00"""
    },
    "an order that never left and is long forgotten": {
        "orders": TWO_ORDERS.replace("2011-11-10", "2011-08-10"),
        "order_lines": TWO_LINES,
    },
    "another parcel that went back 91 days ago": {
        "orders": TWO_ORDERS.replace("2011-11-10", "2011-08-20"),
        "order_lines": TWO_LINES,
        "shipments": parcels("2011-08-21T09:00 | return_to_sender | -"),
    },
    "a gift whose recipient she is herself": {
        "orders": "order_id | customer_id | placed_at | recipient_customer_id\no1 | ann | 2011-11-15T09:00 | ann"
    },
    "another line of the order refunded": {
        "order_lines": """order_line_id | order_id | sku | qty | qty_refunded
        l1 | o1 | CANDLE | 2 | 0
        l2 | o1 | JUG    | 1 | 1"""
    },
    "paid back, and she may keep it": {
        "order_lines": "order_line_id | order_id | sku | qty | qty_refunded\nl1 | o1 | CANDLE | 2 | 1",
        "returns": """return_id | order_id | state | requested_at | closed_at
        r1 | o1 | closed | 2011-11-18T20:00 | 2011-11-19T10:00""",
        "return_lines": "return_id | order_line_id | outcome\nr1 | l1 | keep_item",
    },
    "the worth of what she sent back was paid back, and the postage": {
        "orders": """order_id | customer_id | placed_at | total_cents | shipping_cents
        o1 | ann | 2011-11-15T09:00 | 5000 | 395""",
        "order_lines": LINES_AND_JUG,
        "refunds": "refund_id | order_id | amount_cents | refunded_at\nf1 | o1 | 1895 | 2011-11-19T10:00",
        "returns": """return_id | order_id | state | requested_at | closed_at | outcome
        r1 | o1 | closed | 2011-11-18T20:00 | 2011-11-19T10:00 | refund""",
        "return_lines": "return_id | order_line_id | outcome | value_cents\nr1 | l2 | refund | 1500",
    },
    "exchanged for the same item": {
        "returns": """return_id | order_id | state | requested_at | closed_at | outcome
        r1 | o1 | closed | 2011-11-18T20:00 | 2011-11-19T10:00 | exchange""",
        "return_lines": "return_id | order_line_id | exchange_sku\nr1 | l1 | CANDLE",
    },
    "a question about a product, answered yesterday": {
        "tickets": """ticket_id | customer_id | status | created_at | resolved_at | reason
        t1 | ann | solved | 2011-11-18T10:00 | 2011-11-19T16:00 | product_question"""
    },
    "a part of an order that never came, for which a claim was decided": {
        "orders": TWO_ORDERS,
        "order_lines": TWO_LINES + "l3           | o2       | HOLDER | 1   | 900",
        "shipments": parcels("2011-11-11T09:00 | delivered | 2011-11-13T09:00"),
        "shipment_lines": "shipment_id | order_line_id | qty\ns1 | l1 | 2\ns2 | l2 | 1",
        "claims": """claim_id | order_id | type | state | opened_at | resolved_at
        c1 | o2 | lost | closed | 2011-11-13T20:00 | 2011-11-15T10:00""",
    },
    "an older account of hers, with another address, never said anything": {
        "customers": """customer_id | email | merged_into
        ann | ann@shop.example | -
        old | old@shop.example | ann""",
        "consents": """customer_id | captured_at | status
        ann | 2011-01-05T10:00 | subscribed
        old | 2011-03-05T10:00 | never""",
    },
    "an older account of hers, with the same address, said yes": {
        "customers": """customer_id | email | merged_into
        ann | ann@shop.example | -
        old | Ann@Shop.example | ann""",
        "consents": "customer_id | captured_at | status\nold | 2011-01-05T10:00 | subscribed",
    },
    "a lost parcel for which she was paid": {
        "orders": TWO_ORDERS,
        "order_lines": TWO_LINES,
        "shipments": parcels("2011-11-11T09:00 | exception | -"),
        "claims": """claim_id | order_id | type | state | opened_at | resolved_at
        c1 | o2 | lost | closed | 2011-11-12T20:00 | 2011-11-14T10:00""",
    },
}


HELP = tuple(segment for segment in night.SEGMENTS if segment.program == "onboarding")


@pytest.mark.parametrize("fine", WRITTEN_TO)
def test_written_to(fine: str) -> None:
    """Nobody is left out for what is over, or is not theirs."""
    decided = night.verdicts(night.decide(night.world(**WRITTEN_TO[fine]), segments=HELP))["ann", "onboarding", "l1"]

    assert decided == ("send", ())


@pytest.mark.parametrize(
    ("counts", "country", "status", "decided"),
    [
        ({"default": ("subscribed", "soft_opt_in")}, "GB", "soft_opt_in", "send"),
        ({"default": ("subscribed", "soft_opt_in"), "DE": ("subscribed",)}, "DE", "soft_opt_in", "no_consent"),
        ({"default": ("subscribed", "soft_opt_in"), "DE": ("subscribed",)}, "de", "subscribed", "send"),
        ({"default": ("subscribed", "soft_opt_in"), "DE": ("subscribed",)}, "-", "soft_opt_in", "send"),
        ({"default": ("subscribed",), "GB": ("subscribed", "soft_opt_in")}, "FR", "soft_opt_in", "no_consent"),
        ({"default": ("subscribed",), "FR": ()}, "FR", "subscribed", "no_consent"),
    ],
)
def test_which_consent_counts_depends_on_the_country(counts, country, status, decided) -> None:
    """[consent] in shop.toml says so; a country that it does not name is one of the rest."""
    world = night.world(
        customers=f"customer_id | email | country\nann | ann@shop.example | {country}",
        consents=f"customer_id | captured_at | status\nann | 2011-01-05T10:00 | {status}",
    )
    shop = night.SHOP.model_copy(update={"consent": Consent(email=counts)})

    verdict, reasons = night.verdicts(night.decide(world, shop=shop))["ann", "onboarding", "l1"]
    assert (verdict, reasons) == (decided, () if decided == "send" else ("consent_not_counted",))


@pytest.mark.parametrize(
    ("customers", "consents", "decided"),
    [
        ("ann | ann@shop.example", "ann | 2011-01-05T10:00", "no_consent"),
        ("ann | ann@shop.example", "ann | 2011-11-19T10:00", "send"),  # subscribed again since
        # of two accounts the other one left: with the same mailbox it counts, with another it does not
        ("ann | ann@shop.example\nbob | Ann@Shop.example", "ann | 2011-01-05T10:00", "no_consent"),
        ("ann | ann@shop.example\nbob | bob@shop.example", "ann | 2011-01-05T10:00", "send"),
    ],
)
def test_who_left_by_the_link_of_a_message(customers: str, consents: str, decided: str) -> None:
    """It counts like an unsubscribe that another tool tells of: for every account with the address, until a new yes."""
    world = night.world(
        customers=f"customer_id | email\n{customers}", consents=f"customer_id | captured_at\n{consents}"
    )
    left = night.left_by_link("bob" if "bob" in customers else "ann", at=datetime(2011, 11, 18, 20))

    verdict, reasons = night.verdicts(night.decide(world, unsubscribes=left))["ann", "onboarding", "l1"]

    assert (verdict, reasons) == (decided, () if decided == "send" else ("unsubscribed_in_message",))


def test_who_left_came_back_and_left_by_the_same_link() -> None:
    """The newest word counts: the yes in between does not outlive the second no."""
    world = night.world(consents="customer_id | captured_at\nann | 2011-11-17T10:00")
    times = [night.left_by_link("ann", at=datetime(2011, 11, day, 20)) for day in (16, 18)]

    assert night.verdicts(night.decide(world, unsubscribes=times[0]))["ann", "onboarding", "l1"][0] == "send"
    both = night.decide(world, unsubscribes=pa.concat_tables(times))
    assert night.verdicts(both)["ann", "onboarding", "l1"] == ("no_consent", ("unsubscribed_in_message",))


def test_cancelled_orders() -> None:
    """A cancelled order's lines are nobody's news: no segment holds them."""
    orders = "order_id | customer_id | placed_at | cancelled_at\no1 | ann | 2011-11-15T09:00 | 2011-11-16T09:00"

    assert night.decide(night.world(orders=orders)).decisions.num_rows == 0


def test_every_reason_that_applies_is_kept() -> None:
    """The strictest reason decides and the others stay in the list, in the order in which they would decide."""
    audience = night.decide(
        night.world(
            consents="customer_id | captured_at | status\nann | 2011-01-05T10:00 | unsubscribed",
            tickets="ticket_id | customer_id | created_at\nt1 | ann | 2011-11-19T10:00",
        ),
        readiness=night.passing(on_time_share="hold"),
    )

    assert night.verdicts(audience)["ann", "onboarding", "l1"] == (
        "no_consent",
        ("consent_unsubscribed", "ticket_open", "readiness:on_time_share"),
    )


def test_guests_are_counted_and_nobody_is_written_to() -> None:
    """A line that a guest bought is counted as a guest's and stands in no decision."""
    audience = night.decide(night.world(orders="order_id | customer_id | placed_at\no1 | - | 2011-11-15T09:00"))

    assert audience.decisions.num_rows == 0
    assert audience.guests == {"onboarding": 1}


def test_a_merged_account_is_spoken_to_as_the_one_it_went_into() -> None:
    """An order under a merged account belongs to the account that is left, whose consent counts."""
    audience = night.decide(
        night.world(
            customers="""customer_id | email | merged_into
            ann | ann@shop.example | -
            old | old@shop.example | ann""",
            orders="order_id | customer_id | placed_at\no1 | old | 2011-11-15T09:00",
        )
    )

    assert night.verdicts(audience) == {("ann", "onboarding", "l1"): ("send", ())}


def test_the_order_of_reasons_is_the_order_of_steps() -> None:
    """The table of reasons lists them as they decide, so that a reader can trust its order."""
    steps = [STEPS.index(reason.verdict) for reason in REASONS.values()]

    assert steps == sorted(steps)
    assert all(reason.says and reason.released for reason in REASONS.values())
