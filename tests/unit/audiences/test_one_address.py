"""Accounts with one address are one person to consent, the suppressions, the budget and arbitration."""

import pytest

from tests.unit.audiences import night

TWINS = {
    "customers": """
        customer_id | email            | do_not_contact_reason
        ann         | ann@shop.example | -
        anna        | Ann@Shop.example | -
        bob         | bob@shop.example | -""",
    "consents": """
        customer_id | captured_at      | status
        ann         | 2011-01-05T10:00 | subscribed
        anna        | 2011-02-05T10:00 | subscribed
        bob         | 2011-02-05T10:00 | subscribed""",
    "orders": """
        order_id | customer_id | placed_at
        o1       | ann         | 2011-11-15T09:00
        o2       | anna        | 2011-11-15T09:00
        o3       | bob         | 2011-11-15T09:00""",
    "order_lines": """
        order_line_id | order_id | sku | unit_price_cents
        l1            | o1       | JUG | 1500
        l2            | o2       | JUG | 1400
        l3            | o3       | JUG | 1400""",
    "shipments": """
        shipment_id | order_id | shipped_at       | status    | delivered_at
        s1          | o1       | 2011-11-16T09:00 | delivered | 2011-11-18T12:00
        s2          | o2       | 2011-11-16T09:00 | delivered | 2011-11-18T12:00
        s3          | o3       | 2011-11-16T09:00 | delivered | 2011-11-18T12:00""",
    "scores": """
        customer_id | repeat_probability_90d
        ann         | 0.4
        anna        | 0.4
        bob         | 0.4""",
}
MAIL = "message_id | customer_id | source | class | channel | sent_at\n"


def decided(**tables: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return subject → verdict and reasons."""
    found = night.verdicts(night.decide(night.world(**{**TWINS, **tables})))
    return {subject: decision for (_, _, subject), decision in found.items()}


def test_one_message_an_address() -> None:
    """Two accounts with one address, written otherwise, get one message between them; another address gets its own."""
    assert decided() == {
        "l1": ("send", ()),
        "l2": ("lost_arbitration", ("lost_to_same_address",)),
        "l3": ("send", ()),
    }


# what one of the two accounts said or had -> the reason that both have
OF_BOTH = {
    "unsubscribed, long before the other account's yes": (
        {
            "consents": """customer_id | captured_at | status
            ann  | 2011-01-05T10:00 | unsubscribed
            anna | 2011-02-05T10:00 | subscribed
            bob  | 2011-02-05T10:00 | subscribed"""
        },
        "consent_unsubscribed",
    ),
    "unsubscribed, and the other account never said a word": (
        {
            "consents": """customer_id | captured_at | status
            anna | 2011-01-05T10:00 | suppressed
            bob  | 2011-02-05T10:00 | subscribed"""
        },
        "consent_suppressed",
    ),
    "not to be contacted": (
        {
            "customers": """customer_id | email | do_not_contact_reason
            ann  | ann@shop.example  | -
            anna | ann@shop.example  | died
            bob  | bob@shop.example  | -"""
        },
        "do_not_contact",
    ),
    "unsubscribed through a message": (
        {
            "messages": f"{MAIL}m1 | ann | esp | marketing | email | 2011-01-20T10:00",
            "engagement": "message_id | type | occurred_at\nm1 | unsubscribe | 2011-01-21T10:00",
        },
        "unsubscribed_in_message",
    ),
    "had a newsletter this morning": (
        {"messages": f"{MAIL}m1 | anna | esp | marketing | email | 2011-11-20T12:00"},
        "capped_day",
    ),
}


@pytest.mark.parametrize("case", OF_BOTH)
def test_a_no_under_one_account_holds_for_all(case: str) -> None:
    """What one account refused, or had enough of, counts for the other account of its address and for nobody else."""
    tables, reason = OF_BOTH[case]

    found = decided(**tables)

    assert reason in found["l1"][1]
    assert reason in found["l2"][1]
    assert found["l3"] == ("send", ())


def test_a_yes_is_not_lent() -> None:
    """An account that never said anything has no consent, though another one of its address said yes."""
    consents = "customer_id | captured_at\nann | 2011-01-05T10:00"

    assert decided(consents=consents)["l2"] == ("no_consent", ("consent_missing",))


def test_something_that_is_no_address_joins_nobody() -> None:
    """A filler in the place of the address does not make strangers one person."""
    customers = "customer_id | email\nann | none\nanna | none\nbob | bob@shop.example"
    consents = """customer_id | captured_at | status
    ann  | 2011-01-05T10:00 | unsubscribed
    anna | 2011-01-05T10:00 | subscribed"""

    assert decided(customers=customers, consents=consents)["l2"] == ("no_data", ("no_address",))
