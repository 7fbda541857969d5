"""What is wrong with a cell, in the words of the quarantine: a table of cells and reasons."""

from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from personalization.contracts import TABLES
from personalization.errors import BadInput
from personalization.sources.folder import take_snapshot

NOW = datetime(2011, 11, 21, 2)
CUTOFF = datetime(2011, 11, 21)
GOOD = {
    "orders": {
        "order_id": "A1",
        "placed_at": "2011-10-01T12:00:00Z",
        "currency": "GBP",
        "total_cents": "1000",
        "financial_status": "paid",
    },
    "order_lines": {"order_line_id": "L1", "order_id": "A1", "sku": "CUP", "qty": "1", "unit_price_cents": "1000"},
    "customers": {"customer_id": "C1"},
    "products": {
        "sku": "CUP",
        "title": "A cup",
        "product_type": "durable",
        "price_cents": "1000",
        "currency": "GBP",
        "status": "active",
    },
    "consents": {
        "customer_id": "C1",
        "channel": "email",
        "purpose": "marketing",
        "captured_at": "2011-10-01T12:00:00Z",
        "status": "unsubscribed",
        "source": "shop",
    },
    "returns": {"return_id": "R1", "order_id": "A1", "state": "closed", "requested_at": "2011-10-01T12:00:00Z"},
    "tickets": {"ticket_id": "T1", "status": "open", "reason": "wismo", "created_at": "2011-10-01T12:00:00Z"},
    "suppressions": {
        "address_hash": "ab12" * 16,
        "channel": "email",
        "reason": "complaint",
        "source": "esp",
        "suppressed_at": "2011-10-01T12:00:00Z",
    },
}
STATUSES = "authorized, paid, partially_paid, pending, partially_refunded, refunded, voided, expired"

# table, column, cell, reason
BAD = [
    ("orders", "order_id", "", "is missing but required"),
    ("orders", "placed_at", "", "is missing but required"),
    ("orders", "placed_at", "01/02/2011", "'01/02/2011' is not an ISO instant such as 2011-11-20T14:30:00Z"),
    ("orders", "placed_at", "2011-02-30", "'2011-02-30' is not an ISO instant such as 2011-11-20T14:30:00Z"),
    ("orders", "placed_at", "1317463200", "'1317463200' is not an ISO instant such as 2011-11-20T14:30:00Z"),
    ("orders", "placed_at", "2011-11-21T02:00:01", "'2011-11-21T02:00:01' lies in the future"),
    ("orders", "placed_at", "2031-01-01T00:00:00Z", "'2031-01-01T00:00:00Z' lies in the future"),
    ("orders", "total_cents", "12.50", "'12.50' is not a whole number"),
    ("orders", "total_cents", "£12", "'£12' is not a whole number"),
    ("orders", "total_cents", "1,000", "'1,000' is not a whole number"),
    ("orders", "total_cents", "99999999999999999999", "'99999999999999999999' is not a whole number"),
    ("orders", "total_cents", "-1", "'-1' is below 0"),
    ("orders", "financial_status", "kept", f"'kept' is not one of {STATUSES}"),
    ("orders", "financial_status", "jo@shop.example", f"(hidden) is not one of {STATUSES}"),
    ("orders", "financial_status", "+44 7700 900123", f"(hidden) is not one of {STATUSES}"),
    ("orders", "financial_status", "x" * 60, f"'{'x' * 40}…' is not one of {STATUSES}"),
    ("orders", "promised_by_on", "20.11.2011", "'20.11.2011' is not an ISO date such as 2011-11-20"),
    ("orders", "promised_by_on", "2011-11-20T14:30:00", "'2011-11-20T14:30:00' is not an ISO date such as 2011-11-20"),
    ("orders", "is_gift", "perhaps", "'perhaps' is not true or false"),
    ("order_lines", "qty", "-2", "'-2' is below 1; what comes back belongs in returns and return_lines"),
    ("order_lines", "qty", "0", "'0' is below 1; what comes back belongs in returns and return_lines"),
    ("order_lines", "unit_price_cents", "-5", "'-5' is below 0"),
    ("order_lines", "order_id", "B7", "'B7' is not in orders"),
    ("products", "margin_share", "most", "'most' is not a number"),
    ("products", "margin_share", "nan", "'nan' is not a number"),
    ("products", "bundle_of", '["CUP", ', "'[\"CUP\",' is not a list"),
]

# table, column, cell, what the import stops with
STOPS = [
    ("suppressions", "channel", "fax", "channel 'fax' is not one of email, sms, push, post"),
    ("suppressions", "address_hash", "jo@shop.example", "address_hash is not 64 hexadecimal digits"),
    ("suppressions", "address_hash", "ab12", "address_hash is not 64 hexadecimal digits"),
    ("suppressions", "address_hash", "", "address_hash is missing but required"),
    ("suppressions", "suppressed_at", "1/10/2011", "suppressed_at '1/10/2011' is not an ISO instant such as"),
    ("consents", "captured_at", "yesterday", "captured_at 'yesterday' is not an ISO instant such as"),
    ("consents", "customer_id", "", "customer_id is missing but required"),
    ("tickets", "created_at", "", "created_at is missing but required"),
    ("returns", "requested_at", "2031-01-01", "requested_at '2031-01-01' lies in the future"),
]

# table, column, cell, what it becomes
FINE = [
    ("orders", "placed_at", "2011-10-01T12:00:00+05:00", datetime(2011, 10, 1, 7)),
    ("orders", "placed_at", "2011-10-01 12:00:00 +0500", datetime(2011, 10, 1, 7)),
    ("orders", "placed_at", "2011-10-01 12:00:00-05:30", datetime(2011, 10, 1, 17, 30)),
    ("orders", "placed_at", "2011-10-01 12:00:00.25", datetime(2011, 10, 1, 12, 0, 0, 250000)),
    ("orders", "placed_at", "2011-10-01 12:00 Z", datetime(2011, 10, 1, 12)),
    ("orders", "placed_at", "2011-10-01", datetime(2011, 10, 1)),
    ("orders", "total_cents", " 1000.00 ", 1000),
    ("orders", "financial_status", " Partially-Refunded", "partially_refunded"),
    ("orders", "financial_status", "Partially paid", "partially_paid"),
    ("orders", "is_gift", "Yes", True),
    ("orders", "is_gift", "0", False),
    ("orders", "promised_by_on", "2011-11-20 00:00:00", datetime(2011, 11, 20).date()),
    ("orders", "customer_id", "  ", None),
    ("orders", "name", "\xa0#1001 ", "#1001"),
    ("products", "bundle_of", '["CUP", "SAUCER"]', ["CUP", "SAUCER"]),
    ("products", "bundle_of", "CUP, SAUCER", ["CUP", "SAUCER"]),
    ("products", "margin_share", "2.5e-1", 0.25),
    ("products", "product_type", "Gift card", "gift_card"),
    ("products", "product_type", "haberdashery", "unknown"),
    ("tickets", "reason", "Where is my order?", "unknown"),
    ("tickets", "status", "Waiting on customer", "open"),
    ("returns", "state", "on its way", "open"),
    ("consents", "purpose", "all", "marketing"),
    ("consents", "channel", "any", "email"),
    ("consents", "status", "opted out", "unknown"),
    ("consents", "source", "", None),
    ("suppressions", "reason", "", None),
    ("suppressions", "source", "", None),
    ("suppressions", "address_hash", "AB12" * 16, "ab12" * 16),
]


def _snapshot(folder: Path, table: str, column: str, cell: str):
    """Take the snapshot of a small shop in which one row of *table* has *cell* in *column*."""
    data = folder / "data"
    data.mkdir()
    for name in {"orders", "order_lines", table}:
        row = {**GOOD[name], **({column: cell} if name == table else {})}
        cells = ",".join('"' + value.replace('"', '""') + '"' for value in row.values())
        (data / f"{name}.csv").write_text(",".join(row) + "\n" + cells + "\n", encoding="utf-8")
    return take_snapshot(data=data, out=folder / "out", cutoff=CUTOFF, now=NOW, max_bad_share=1)


@pytest.mark.parametrize(("table", "column", "cell", "reason"), BAD)
def test_bad_cell_is_quarantined_with_its_reason(tmp_path, table, column, cell, reason):
    """A cell that breaks the contract puts its row into quarantine, with one reason."""
    snapshot = _snapshot(tmp_path, table, column, cell)

    own = [row for row in snapshot.quarantine.to_pylist() if row["file"] == f"{table}.csv"]
    assert own == [{"file": f"{table}.csv", "row": 2, "column": column, "reason": reason}]


@pytest.mark.parametrize(("table", "column", "cell", "reason"), STOPS)
def test_bad_cell_of_a_list_that_must_be_whole_stops_the_import(tmp_path, table, column, cell, reason):
    """A row that keeps messages away is never lost: one bad one stops the import, even if every row may be bad."""
    with pytest.raises(BadInput) as caught:
        _snapshot(tmp_path, table, column, cell)

    assert f"{table}.csv: 1 of 1 rows of {table} cannot be used: {reason}" in str(caught.value)
    assert "such as in row 2). Without them somebody who must be left alone could be written to" in str(caught.value)
    assert "jo@" not in str(caught.value)


@pytest.mark.parametrize(("table", "column", "cell", "value"), FINE)
def test_cell_is_read_as_its_type(tmp_path, table, column, cell, value):
    """A cell that is written in an ISO or otherwise unmistakable way is read as what it means."""
    snapshot = _snapshot(tmp_path, table, column, cell)

    assert snapshot.quarantine.num_rows == 0
    assert pq.read_table(tmp_path / "out" / f"{table}.parquet")[column].to_pylist() == [value]


def test_name_of_a_customer_never_shows(tmp_path):
    """The value of a personal column stays out of the quarantine even where it is the key that repeats."""
    data = tmp_path / "data"
    data.mkdir()
    for name in ("orders", "order_lines", "suppressions"):
        lines = [",".join(GOOD[name]), ",".join(GOOD[name].values())]
        (data / f"{name}.csv").write_text("\n".join([*lines, lines[1] if name == "suppressions" else ""]))

    snapshot = take_snapshot(data=data, out=tmp_path / "out", cutoff=CUTOFF, now=NOW, max_bad_share=1)

    assert snapshot.quarantine.to_pylist() == [
        {
            "file": "suppressions.csv",
            "row": 3,
            "column": "address_hash, channel",
            "reason": "repeats the key of row 2, which is kept",
        }
    ]


def test_every_word_of_a_guard_has_its_place():
    """The strictness of a guard's words leaves out none of the column's vocabulary, and names nothing else."""
    guards = [(table, table.must_be_whole) for table in TABLES.values() if table.must_be_whole is not None]
    vocabularies = {
        table.name: {column.name: column.vocabulary for column in table.columns}[guard.column]
        for table, guard in guards
        if guard.column is not None
    }

    assert {table.name for table, _ in guards} == {"consents", "suppressions", "tickets", "returns", "claims"}
    assert {name: set(words) for name, words in vocabularies.items()} == {
        table.name: set(guard.words) for table, guard in guards if guard.column is not None
    }
