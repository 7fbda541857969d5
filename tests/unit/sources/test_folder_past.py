"""A past night looks as it did then: what came later is left out, hidden or read back from the dates."""

from datetime import datetime

import pyarrow.parquet as pq
import pytest

from personalization.sources.folder import take_snapshot
from tests.lib.tables import data_folder

CUTOFF = datetime(2011, 11, 1)
NOW = datetime(2011, 12, 1)
ORDERS = "order_id | placed_at\nA1 | 2011-10-01\nA2 | 2011-11-15"
LINES = "order_line_id | order_id | sku\nL1 | A1 | CUP\nL2 | A2 | CUP"
BEFORE, AFTER = "2011-10-20", "2011-11-20"


def _snapshot(folder, **tables):
    data = data_folder(folder / "data", **{"orders": ORDERS, "order_lines": LINES, **tables})
    return take_snapshot(data=data, out=folder / "out", cutoff=CUTOFF, now=NOW, max_bad_share=1)


def _rows(folder, table):
    return pq.read_table(folder / "out" / f"{table}.parquet").to_pylist()


def test_rows_learned_after_the_night_are_left_out(tmp_path):
    """received_at decides; without it the event's own time; without either the row it belongs to, or it is kept."""
    snapshot = _snapshot(
        tmp_path,
        orders="order_id | placed_at | received_at\n"
        "A1 | 2011-10-01 | -\nA2 | 2011-11-15 | -\nA3 | 2011-10-01 | 2011-11-02\nA4 | 2011-11-05 | 2011-10-30\n"
        "A5 | 2011-10-31T23:59:59 | -\nA6 | 2011-11-01 | -",
        order_lines="order_line_id | order_id | sku\nL1 | A1 | CUP\nL2 | A2 | CUP\nL4 | A4 | CUP",
        loyalty="customer_id\nC1",
    )

    assert [row["order_id"] for row in _rows(tmp_path, "orders")] == ["A1", "A4", "A5"]
    assert [row["order_line_id"] for row in _rows(tmp_path, "order_lines")] == ["L1", "L4"]
    assert snapshot.counts["orders"].later == 3
    assert snapshot.counts["order_lines"].later == 1
    assert snapshot.counts["loyalty"].kept == 1
    assert snapshot.quarantine.num_rows == 0


def test_lines_follow_their_shipment_and_return(tmp_path):
    """A line of a parcel or return that was not known yet is not known either."""
    _snapshot(
        tmp_path,
        shipments=f"shipment_id | order_id | status | shipped_at\nS1 | A1 | in_transit | {BEFORE}\n"
        f"S2 | A1 | in_transit | {AFTER}\nS3 | A2 | label_created | -",
        shipment_lines="shipment_id | order_line_id\nS1 | L1\nS2 | L1\nS3 | L2\nS9 | L1",
        returns=f"return_id | order_id | requested_at\nR1 | A1 | {BEFORE}\nR2 | A1 | {AFTER}",
        return_lines="return_id | order_line_id\nR1 | L1\nR2 | L1",
    )

    assert [row["shipment_id"] for row in _rows(tmp_path, "shipments")] == ["S1"]
    assert [row["shipment_id"] for row in _rows(tmp_path, "shipment_lines")] == ["S1", "S9"]
    assert [row["return_id"] for row in _rows(tmp_path, "return_lines")] == ["R1"]


# table, the row today, what the night knew
CASES = [
    ("tickets", f"ticket_id | created_at | status | resolved_at | csat\nT1 | {BEFORE} | solved | {AFTER} | 5",
     {"status": "open", "resolved_at": None, "csat": None}),
    ("tickets", f"ticket_id | created_at | status | resolved_at | csat\nT1 | {BEFORE} | solved | {BEFORE} | 5",
     {"status": "solved", "resolved_at": datetime(2011, 10, 20), "csat": 5}),
    ("tickets", f"ticket_id | created_at | status | resolved_at\nT1 | {BEFORE} | hold | -", {"status": "hold"}),
    ("returns", (f"return_id | order_id | requested_at | state | approved_at | received_at | closed_at | outcome\n"
     f"R1 | A1 | {BEFORE} | closed | {BEFORE} | {BEFORE} | {AFTER} | refund"),
     {"state": "received", "closed_at": None, "outcome": None}),
    ("returns", (f"return_id | order_id | requested_at | state | approved_at | received_at\n"
     f"R1 | A1 | {BEFORE} | received | {BEFORE} | {AFTER}"), {"state": "approved", "received_at": None}),
    ("returns", f"return_id | order_id | requested_at | state | closed_at\nR1 | A1 | {BEFORE} | cancelled | {AFTER}",
     {"state": "open"}),
    ("returns", (f"return_id | order_id | requested_at | state | closed_at | outcome\n"
     f"R1 | A1 | {BEFORE} | closed | {BEFORE} | refund"), {"state": "closed", "outcome": "refund"}),
    ("shipments",
     f"shipment_id | order_id | status | shipped_at | delivered_at\nS1 | A1 | delivered | {BEFORE} | {AFTER}",
     {"status": "in_transit", "delivered_at": None}),
    ("shipments",
     f"shipment_id | order_id | status | shipped_at | received_at\nS1 | A1 | exception | {AFTER} | {BEFORE}",
     {"status": "label_created", "shipped_at": None}),
    ("shipments", f"shipment_id | order_id | status | shipped_at\nS1 | A1 | delivered | {BEFORE}",
     {"status": "delivered"}),
    ("orders", f"order_id | placed_at | financial_status | cancelled_at\nA1 | {BEFORE} | voided | {AFTER}",
     {"financial_status": "authorized", "cancelled_at": None}),
    ("orders", f"order_id | placed_at | financial_status | cancelled_at\nA1 | {BEFORE} | voided | {BEFORE}",
     {"financial_status": "voided"}),
    ("claims", (f"claim_id | order_id | type | opened_at | state | decided_at | resolved_at | outcome\n"
     f"K1 | A1 | lost | {BEFORE} | paid | {AFTER} | {AFTER} | granted"), {"state": "open", "outcome": None}),
    ("claims", (f"claim_id | order_id | type | opened_at | state | decided_at | resolved_at | outcome\n"
     f"K1 | A1 | lost | {BEFORE} | paid | {BEFORE} | {AFTER} | granted"), {"state": "decided", "outcome": "granted"}),
]  # fmt: skip


@pytest.mark.parametrize(("table", "today", "known"), CASES)
def test_future_does_not_show(tmp_path, table, today, known):
    """An instant after the night is hidden, and so is every word that would betray it."""
    _snapshot(tmp_path, **{table: today})

    [row] = _rows(tmp_path, table)
    assert {name: row[name] for name in known} == known


def test_lines_lose_what_came_later(tmp_path):
    """A line of an order that was cancelled later is whole, and a return's line has no outcome yet."""
    _snapshot(
        tmp_path,
        orders=f"order_id | placed_at | cancelled_at\nA1 | {BEFORE} | {AFTER}\nA2 | {BEFORE} | {BEFORE}",
        order_lines="order_line_id | order_id | sku | qty_cancelled\nL1 | A1 | CUP | 1\nL2 | A2 | CUP | 1",
        returns=f"return_id | order_id | requested_at | closed_at\nR1 | A1 | {BEFORE} | {AFTER}",
        return_lines="return_id | order_line_id | outcome\nR1 | L1 | refund",
    )

    assert [row["qty_cancelled"] for row in _rows(tmp_path, "order_lines")] == [None, 1]
    assert [row["outcome"] for row in _rows(tmp_path, "return_lines")] == [None]


def test_later_rows_are_checked_too(tmp_path):
    """An event after the clock is a mistake; one between the night and the clock is merely later."""
    snapshot = _snapshot(tmp_path, orders="order_id | placed_at\nA1 | 2011-11-30\nA2 | 2011-12-02", order_lines=LINES)

    assert [tuple(row.values()) for row in snapshot.quarantine.to_pylist()] == [
        ("orders.parquet", 2, "placed_at", "'2011-12-02 00:00:00' lies in the future"),
        ("order_lines.parquet", 2, "order_id", "'A2' is not in orders"),
    ]
    assert snapshot.counts["orders"].later == 1
