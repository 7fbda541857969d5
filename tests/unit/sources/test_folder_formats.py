"""The same table as Parquet, CSV and JSONL: whatever the file, the same rows and the same bytes."""

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from personalization.sources.folder import take_snapshot
from tests.lib.tables import data_folder

NOW = datetime(2011, 11, 21, 2)
CUTOFF = datetime(2011, 11, 21)
PLACED = datetime(2011, 10, 1, 12)
ORDER = {
    "order_id": "A1",
    "placed_at": "2011-10-01T12:00:00Z",
    "currency": "GBP",
    "total_cents": 1000,
    "financial_status": "paid",
}
LINES = "order_line_id | order_id | sku\nL1 | A1 | CUP"


@pytest.fixture
def data(tmp_path):
    """A folder with one order of one line, as Parquet."""
    return data_folder(tmp_path / "data", orders="order_id\nA1", order_lines=LINES)


def _take(data, **options):
    return take_snapshot(
        data=data, out=data.parent / "out", **{"cutoff": CUTOFF, "now": NOW, "max_bad_share": 1, **options}
    )


def _kept(data, table="orders"):
    return pq.read_table(data.parent / "out" / f"{table}.parquet").to_pylist()


def _parquet_orders(data, **columns):
    cells = {name: pa.array([value]) for name, value in ORDER.items()}
    cells["placed_at"] = pa.array([PLACED], pa.timestamp("us"))
    pq.write_table(pa.table({**cells, **columns}), data / "orders.parquet")


INSTANTS = [
    pa.array([PLACED], pa.timestamp("s")),
    pa.array([PLACED], pa.timestamp("ms")),
    pa.array([PLACED], pa.timestamp("us")),
    pa.array([PLACED], pa.timestamp("ns")),
    pa.array([PLACED.replace(tzinfo=UTC)], pa.timestamp("us", tz="UTC")),
    pa.array([PLACED.replace(tzinfo=UTC)], pa.timestamp("ns", tz="America/New_York")),
    pa.array([datetime(2011, 10, 1, 17, tzinfo=timezone(timedelta(hours=5)))], pa.timestamp("ms", tz="+05:00")),
    pa.array(["2011-10-01T17:00:00+05:00"]),
]


@pytest.mark.parametrize("column", INSTANTS, ids=lambda column: str(column.type))
def test_parquet_instants_are_utc(data, column):
    """An instant of any resolution and zone becomes the same naive UTC instant."""
    _parquet_orders(data, placed_at=column)

    _take(data)

    assert _kept(data)[0]["placed_at"] == PLACED


# column, cells of the Parquet file, what it becomes
LOSSLESS = [
    ("order_id", pa.array([17850]), "17850"),
    ("order_id", pa.array([17850.0]), "17850"),
    ("order_id", pa.array([b"A1"], pa.binary()), "A1"),
    ("order_id", pa.array(["A1"]).dictionary_encode(), "A1"),
    ("total_cents", pa.array([1000.0]), 1000),
    ("total_cents", pa.array([1000], pa.uint16()), 1000),
    ("total_cents", pa.array(["1000"]), 1000),
    ("discount_cents", pa.array([float("nan")]), None),
    ("is_gift", pa.array([1]), True),
    ("promised_by_on", pa.array([datetime(2011, 10, 5)], pa.timestamp("ns")), date(2011, 10, 5)),
]


@pytest.mark.parametrize(("column", "cells", "value"), LOSSLESS)
def test_parquet_types_are_cast_without_loss(data, column, cells, value):
    """A column of another type is read where nothing is lost by it."""
    _parquet_orders(data, **{column: cells})

    snapshot = _take(data)

    assert snapshot.quarantine.column("column").to_pylist() in ([], ["order_id"])  # the line's order, renamed
    assert _kept(data)[0][column] == value


LOSSY = [
    ("total_cents", pa.array([12.5]), "'12.5' is not a whole number"),
    ("total_cents", pa.array([float("inf")]), "'inf' is not a whole number"),
    ("placed_at", pa.array([1317470400]), "'1317470400' is not an ISO instant such as 2011-11-20T14:30:00Z"),
    (
        "promised_by_on",
        pa.array([datetime(2011, 10, 5, 3)]),
        "'2011-10-05 03:00:00' is not an ISO date such as 2011-11-20",
    ),
    ("is_gift", pa.array([2]), "'2' is not true or false"),
]


@pytest.mark.parametrize(("column", "cells", "reason"), LOSSY)
def test_parquet_types_that_would_lose_are_quarantined(data, column, cells, reason):
    """A value is never rounded to fit."""
    _parquet_orders(data, **{column: cells})

    [row, _] = _take(data).quarantine.to_pylist()

    assert row == {"file": "orders.parquet", "row": 1, "column": column, "reason": reason}


def test_every_format_gives_the_same_bytes(data):
    """Parquet, CSV with a byte order mark, and JSONL of the same rows make the same snapshot."""
    _parquet_orders(data, customer_id=pa.array(['Zoë, "the\n first"']))
    _take(data)
    written = [(data.parent / "out" / "orders.parquet").read_bytes()]
    customer = 'Zoë, ""the\n first""'
    cells = ",".join(str(value) for value in ORDER.values())

    (data / "orders.parquet").unlink()
    (data / "orders.csv").write_text(
        f'{",".join(ORDER)},Customer_ID\r\n{cells},"{customer}"\r\n', "utf-8-sig", newline=""
    )
    _take(data)
    written.append((data.parent / "out" / "orders.parquet").read_bytes())

    (data / "orders.csv").unlink()
    (data / "orders.jsonl").write_text(json.dumps({**ORDER, "customer_id": 'Zoë, "the\n first"'}), "utf-8-sig")
    snapshot = _take(data)
    written.append((data.parent / "out" / "orders.parquet").read_bytes())

    assert snapshot.quarantine.num_rows == 0
    assert written[0] == written[1] == written[2]


def test_malformed_lines_of_jsonl_are_quarantined(data):
    """A line that is no JSON object is set aside under its number; the lines around it are read."""
    lines = [
        json.dumps(ORDER).encode(),
        b'{"order_id": "A2", ',
        b"[1, 2]",
        b"",
        b'{"order_id": "\xff"}',
        json.dumps({**ORDER, "order_id": "A6", "total_cents": -1}).encode(),
        json.dumps({**ORDER, "order_id": "A1"}).encode(),
        json.dumps({**ORDER, "order_id": "A8", "colour": "red"}).encode(),
    ]
    (data / "orders.parquet").unlink()
    (data / "orders.jsonl").write_bytes(b"\n".join(lines))

    snapshot = _take(data)

    assert [tuple(row.values())[1:] for row in snapshot.quarantine.to_pylist()] == [
        (2, "", "is not a JSON object"),
        (3, "", "is not a JSON object"),
        (5, "", "is not UTF-8"),
        (6, "total_cents", "'-1' is below 0"),
        (7, "order_id", "repeats the key of row 1, which is kept"),
    ]
    assert [row["order_id"] for row in _kept(data)] == ["A1", "A8"]
    assert snapshot.extra_columns == {"orders": ("colour",)}


def test_lines_that_cannot_be_read_count_in_row_numbers(data):
    """The line number of a fault is right also behind lines that could not be taken apart at all."""
    good, bad = ",".join(str(value) for value in ORDER.values()), "A,B"
    rows = [bad, good, bad, bad, good.replace("A1", "A2"), "A3,2011-10-01,GBP,-5,paid", bad, good]
    (data / "orders.parquet").unlink()
    (data / "orders.csv").write_text("\n".join([",".join(ORDER), *rows]))

    found = _take(data).quarantine.to_pylist()

    assert [row["row"] for row in found] == [2, 4, 5, 7, 8, 9]
    assert found[-1]["reason"] == "repeats the key of row 3, which is kept"


def test_unknown_words_become_unknown_and_are_counted(data):
    """A carrier's word that nobody knows keeps its row, as 'unknown'; a word in other letters is the known one."""
    words = ["In Transit", "DELIVERED", "parked", "", "unknown"]
    header = "event_id,shipment_id,status,occurred_at,received_at,source\n"
    rows = [f"E{n},S1,{word},2011-10-01,2011-10-01,post\n" for n, word in enumerate(words)]
    (data / "tracking_events.csv").write_text(header + "".join(rows))

    snapshot = _take(data)

    counts = snapshot.counts["tracking_events"]
    assert (counts.rows_in, counts.kept, counts.quarantined, counts.unknown) == (5, 4, 1, 1)
    assert [row["status"] for row in _kept(data, "tracking_events")] == [
        "in_transit",
        "delivered",
        "unknown",
        "unknown",
    ]


def test_table_without_rows_is_present(data):
    """A header alone is a table that is there and empty, with all columns of the contract."""
    (data / "tickets.csv").write_text("ticket_id,status,reason,created_at\n")

    snapshot = _take(data)

    assert "tickets" in snapshot.present
    assert pq.read_schema(data.parent / "out" / "tickets.parquet").names[:3] == ["ticket_id", "customer_id", "order_id"]
