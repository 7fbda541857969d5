"""Why somebody wrote to the helpdesk, by what was noted and by what the subject says."""

import duckdb
import pytest

from personalization.sources.importing.contact_reasons import (
    noted_reason,
    order_in_fields,
    order_in_subject,
    order_in_tags,
    said_reason,
)


def _of(expression: str, value: object) -> object:
    with duckdb.connect() as connection:
        [(found,)] = connection.execute(f"SELECT {expression} FROM (SELECT $value AS v)", {"value": value}).fetchall()
    return found


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        ("Where is my order?", "wismo"),
        ("where’s my parcel #1001", "wismo"),
        ("RE: Order status", "wismo"),
        ("Package not received", "wismo"),
        ("My order hasn't arrived", "wismo"),
        ("Wo bleibt meine Bestellung", "wismo"),
        ("Sendung ist noch nicht da", "wismo"),
        ("Where is my refund?", "refund"),
        ("Rückerstattung", "refund"),
        ("I want to return my order", "return"),
        ("Retoure zu Bestellung 1001", "return"),
        ("Exchange for another size", "exchange"),
        ("Arrived damaged", "damaged"),
        ("Ware ist BESCHÄDIGT", "damaged"),
        ("Warranty claim", "claim"),
        ("Cancel my order", "cancel"),
        ("Stornierung", "cancel"),
        ("Wrong delivery address", "address"),
        ("Adressänderung", "address"),
        ("Question about the product", "product_question"),
        ("Fragen zum Artikel", "product_question"),
        ("Hello", None),
        ("Great service, thank you", None),
        ("Partnership opportunity", None),
        ("Happy returning customer", "return"),  # words alone mislead at times, which is why they come last
        (None, None),
    ],
)
def test_a_subject_says_why(subject: str | None, reason: str | None) -> None:
    """English and German subjects, and those that say nothing."""
    assert _of(said_reason("v"), subject) == reason


@pytest.mark.parametrize(
    ("notes", "reason"),
    [
        (["wismo"], "wismo"),
        (["WHERE IS MY ORDER"], "wismo"),
        (["contact-reason: order-status"], "wismo"),
        (["shipping__delay__carrier"], "wismo"),
        (["Order::Cancel order"], "cancel"),
        (["wismo", "return"], "return"),
        (["Rückgabe"], "return"),
        (["returning_customer", "not_wismo", "vip"], None),
        ([], None),
        (None, None),
    ],
)
def test_a_note_says_why(notes: list[str] | None, reason: str | None) -> None:
    """Case, separators, umlauts, prefixes and levels make no difference; a part of a word is no word."""
    assert _of(noted_reason("v"), notes) == reason


@pytest.mark.parametrize(
    ("expression", "value", "order"),
    [
        (order_in_subject("v"), "Re: order #1001 late", "1001"),
        (order_in_subject("v"), "Order no. 1001", "1001"),
        (order_in_subject("v"), "Bestellung Nr. AB-1001", "ab-1001"),
        (order_in_subject("v"), "Call me at 0207 946 0000", None),
        (order_in_tags("v"), ["vip", "Order_1001"], "1001"),
        (order_in_tags("v"), ["reorder_1001", "first_order"], None),
        (order_in_fields("v"), ["10115", "#1001"], "1001"),
        (order_in_fields("v"), ["10115", "red"], None),
    ],
)
def test_an_order_is_named(expression: str, value: object, order: str | None) -> None:
    """An order is told by its sign or its word; a bare number may be anything."""
    assert _of(expression, value) == order
