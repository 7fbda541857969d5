"""Amounts of other systems: what is one, and what is not."""

import duckdb
import pytest

from personalization.sources.importing.expressions import cents


@pytest.mark.parametrize(
    ("written", "currency", "read"),
    [
        ("12.30", "GBP", "1230"),
        ("1,234.50", "GBP", "123450"),
        ("1,234,567", "EUR", "123456700"),
        ("12", "JPY", "12"),
        ("12.345", "KWD", "12345"),
        # A decimal comma is no group of thousands: the row is quarantined with the amount as it was written.
        ("12,30", "EUR", "12,30"),
        ("1.234,50", "EUR", "1.234,50"),
        ("12.345", "GBP", "12.345"),
        ("free", "GBP", "free"),
    ],
)
def test_an_amount_is_read_or_left_as_it_is(written: str, currency: str, read: str) -> None:
    """What is no amount in that currency is never guessed at."""
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {cents('$1', '$2')}", [written, currency]).fetchall()

    assert found == [(read,)]
