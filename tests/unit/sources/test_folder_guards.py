"""Tables that keep messages away from people fail closed: no row is lost, and the strictest word counts."""

from datetime import datetime

import pyarrow.parquet as pq
import pytest

from personalization.errors import BadInput
from personalization.sources.folder import take_snapshot
from tests.lib.tables import data_folder

CUTOFF = datetime(2011, 11, 1)
NOW = datetime(2011, 12, 1)
ORDERS = "order_id | placed_at\nA1 | 2011-10-01\nA2 | 2011-10-01"
LINES = "order_line_id | order_id | sku\nL1 | A1 | CUP"
CONSENT = "customer_id | channel | purpose | status | captured_at | received_at\n"
BEFORE, AFTER = "2011-10-20", "2011-11-20"
ANN, BOB = "ab" * 32, "cd" * 32


def _snapshot(folder, **tables):
    data = data_folder(folder / "data", **{"orders": ORDERS, "order_lines": LINES, **tables})
    return take_snapshot(data=data, out=folder / "out", cutoff=CUTOFF, now=NOW, max_bad_share=1)


def _cells(folder, table, *columns):
    rows = pq.read_table(folder / "out" / f"{table}.parquet").to_pylist()
    return [tuple(row[column] for column in columns) for row in rows]


def test_unknown_words_keep_a_refusal_and_void_a_permission(tmp_path):
    """A refusal for an unknown purpose or channel counts for marketing mail; a permission there permits nothing."""
    snapshot = _snapshot(
        tmp_path,
        consents=CONSENT
        + f"C1 | email | all | unsubscribed | {BEFORE} | -\nC2 | email | all | subscribed | {BEFORE} | -\n"
        f"C3 | fax | marketing | soft_opt_in | {BEFORE} | -\nC4 | any | all | suppressed | {BEFORE} | -\n"
        f"C5 | email | marketing | subscribed | {BEFORE} | -\nC6 | email | all | pending | {BEFORE} | -",
    )

    assert _cells(tmp_path, "consents", "customer_id", "channel", "purpose", "status") == [
        ("C1", "email", "marketing", "unsubscribed"),
        ("C2", "email", "marketing", "unknown"),
        ("C3", "email", "marketing", "unknown"),
        ("C4", "email", "marketing", "suppressed"),
        ("C5", "email", "marketing", "subscribed"),
        ("C6", "email", "marketing", "pending"),
    ]
    assert snapshot.counts["consents"].unknown == 6
    assert snapshot.quarantine.num_rows == 0


# the words in the order of the file, the one that counts, the rows that only repeat it
SAME_INSTANT = [
    (("subscribed", "unsubscribed"), "unsubscribed", [1]),
    (("unsubscribed", "subscribed"), "unsubscribed", [2]),
    (("soft_opt_in", "subscribed", "gone"), "unknown", [1, 2]),
    (("never", "unknown", "suppressed", "pending"), "suppressed", [1, 2, 4]),
    (("subscribed", "subscribed"), "subscribed", [2]),
]


@pytest.mark.parametrize(("words", "counts", "repeats"), SAME_INSTANT)
def test_strictest_word_of_an_instant_counts(tmp_path, words, counts, repeats):
    """Of consents with the same key the strictest is kept, wherever it stands; the others only repeat its key."""
    snapshot = _snapshot(
        tmp_path, consents=CONSENT + "\n".join(f"C1 | email | marketing | {word} | {BEFORE} | -" for word in words)
    )

    assert _cells(tmp_path, "consents", "status") == [(counts,)]
    kept = next(row for row in range(1, len(words) + 1) if row not in repeats)
    assert [(row["row"], row["reason"]) for row in snapshot.quarantine.to_pylist()] == [
        (row, f"repeats the key of row {kept}, which is kept") for row in repeats
    ]


def test_most_open_state_of_a_repeated_key_counts(tmp_path):
    """A ticket or return that stands twice in the file is open as long as one of its rows is."""
    _snapshot(
        tmp_path,
        tickets="ticket_id | customer_id | status | created_at\n"
        f"T1 | C1 | solved | {BEFORE}\nT1 | C1 | hold | {BEFORE}",
        returns="return_id | order_id | state | requested_at\n"
        f"R1 | A1 | cancelled | {BEFORE}\nR1 | A1 | approved | {BEFORE}",
    )

    assert _cells(tmp_path, "tickets", "status") == [("hold",)]
    assert _cells(tmp_path, "returns", "state") == [("approved",)]


# the table, its rows, what the import stops with
CLASHES = [
    ("tickets", f"ticket_id | customer_id | created_at\nT1 | C1 | {BEFORE}\nT1 | C2 | {BEFORE}",
     "repeats the key of row 1 with another customer_id or order_id or is_spam"),
    ("tickets", f"ticket_id | customer_id | created_at\nT1 | - | {BEFORE}\nT1 | C2 | {BEFORE}",
     "repeats the key of row 1 with another customer_id or order_id or is_spam"),
    ("returns", f"return_id | order_id | requested_at\nR1 | A1 | {BEFORE}\nR1 | A2 | {BEFORE}",
     "repeats the key of row 1 with another order_id"),
]  # fmt: skip


@pytest.mark.parametrize(("table", "rows", "reason"), CLASHES)
def test_one_key_for_two_customers_stops_the_import(tmp_path, table, rows, reason):
    """Rows with the same key about different people or orders cannot both be heeded, so neither is passed over."""
    with pytest.raises(BadInput, match=rf"{table}\.parquet: 1 of 2 rows of {table} cannot be used: .* {reason}"):
        _snapshot(tmp_path, **{table: rows})


def test_broken_line_of_a_list_that_must_be_whole_stops_the_import(tmp_path):
    """One line of a hundred that cannot be taken apart stops the import, and the last good snapshot stays."""
    _snapshot(tmp_path)
    lines = ["address_hash,channel,suppressed_at", *(f"{n:064x},email,2011-10-01" for n in range(99)), f"{ANN},email"]
    (tmp_path / "data" / "suppressions.csv").write_text("\n".join(lines) + "\n")

    with pytest.raises(BadInput, match=r"suppressions\.csv: 1 of 100 rows .* has fewer cells .*such as in row 101\)"):
        take_snapshot(data=tmp_path / "data", out=tmp_path / "out", cutoff=CUTOFF, now=NOW, max_bad_share=0.5)

    assert not (tmp_path / "out" / "suppressions.parquet").exists()


def test_row_learned_later_hides_no_earlier_one(tmp_path):
    """A repeated key is looked for among the rows known that night; a later twin is later, and no duplicate."""
    snapshot = _snapshot(
        tmp_path,
        suppressions="address_hash | channel | suppressed_at\n"
        f"{ANN} | email | {AFTER}\n{ANN} | email | {BEFORE}\n{BOB} | email | {AFTER}\n{BOB} | email | {AFTER}",
        consents=CONSENT + f"C1 | email | marketing | unsubscribed | {BEFORE} | {AFTER}\n"
        f"C1 | email | marketing | pending | {BEFORE} | {BEFORE}",
    )

    assert _cells(tmp_path, "suppressions", "address_hash", "suppressed_at") == [(ANN, datetime(2011, 10, 20))]
    assert _cells(tmp_path, "consents", "status") == [("pending",)]
    assert snapshot.counts["suppressions"].later == 3
    assert snapshot.counts["consents"].later == 1
    assert snapshot.quarantine.num_rows == 0


def test_order_that_comes_again_later_keeps_its_lines_single(tmp_path):
    """An order known that night, with a second row learned later, has each of its lines once."""
    _snapshot(tmp_path, orders=f"order_id | placed_at | received_at\nA1 | {BEFORE} | {AFTER}\nA1 | {BEFORE} | {BEFORE}")

    assert _cells(tmp_path, "orders", "order_id") == [("A1",)]
    assert _cells(tmp_path, "order_lines", "order_line_id") == [("L1",)]
