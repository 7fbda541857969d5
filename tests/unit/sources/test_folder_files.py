"""Files that cannot be used: each gives a sentence with the file, what is wrong and what to do."""

import re
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from personalization.errors import EXIT_BAD_INPUT, BadInput
from personalization.sources.folder import take_snapshot
from tests.lib.tables import data_folder

NOW = datetime(2011, 11, 21, 2)
CUTOFF = datetime(2011, 11, 21)
ORDERS = "order_id\nA1"
LINES = "order_line_id | order_id | sku\nL1 | A1 | CUP"
HEADER = "order_id,placed_at,currency,total_cents,financial_status"


@pytest.fixture
def data(tmp_path):
    """A folder with one order of one line, as Parquet."""
    return data_folder(tmp_path / "data", orders=ORDERS, order_lines=LINES)


def _take(data, **options):
    return take_snapshot(
        data=data, out=data.parent / "out", **{"cutoff": CUTOFF, "now": NOW, "max_bad_share": 0.02, **options}
    )


def _csv(data, name, text):
    (data / f"{name}.parquet").unlink(missing_ok=True)
    (data / f"{name}.csv").write_bytes(text if isinstance(text, bytes) else text.encode())


def _orders_csv(*rows):
    return "\n".join([HEADER, *rows]) + "\n"


def _order(number, *, cents="1000"):
    return f"A{number},2011-10-01T12:00:00Z,GBP,{cents},paid"


def test_missing_table_is_named(data):
    """A table without a file is missing in the snapshot; only orders and their lines are required."""
    snapshot = _take(data)

    assert snapshot.present == ("orders", "order_lines")
    assert "shipments" in snapshot.missing
    assert sorted(path.name for path in (data.parent / "out").iterdir()) == ["order_lines.parquet", "orders.parquet"]


def test_required_table_stops_the_import(data):
    """Without order_lines there is nothing to do, and the exit code says that the input is at fault."""
    (data / "order_lines.parquet").unlink()

    with pytest.raises(BadInput, match=r"no file for order_lines.*order_lines\.csv") as caught:
        _take(data)

    assert caught.value.exit_code == EXIT_BAD_INPUT


def _truncated(path):
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def _damaged(path):
    whole = bytearray(path.read_bytes())
    whole[4:60] = b"\xff" * 56
    path.write_bytes(whole)


def _folder(path):
    path.unlink()
    path.mkdir()


def _broken_link(path):
    path.unlink()
    path.symlink_to(path.with_name("nowhere.parquet"))


def _outward_link(path):
    outside = path.parent.parent / "outside.parquet"
    path.rename(outside)
    path.symlink_to(outside)


# how the file is spoilt, what the error says
SPOILT = [
    (_truncated, r"orders\.parquet: is cut off, .* copy or export it again"),
    (_damaged, r"orders\.parquet: is damaged, .* export it again"),
    (lambda path: path.write_bytes(b""), r"orders\.parquet: is empty \(0 bytes\); export it again"),
    (lambda path: path.write_text("order_id\nA1\n"), r"orders\.parquet: is not a Parquet file; export it"),
    (lambda path: path.write_bytes(b"PAR1" * 4), r"orders\.parquet: is damaged, .* export it again"),
    (_folder, r"orders\.parquet: is not a file"),
    (_broken_link, r"orders\.parquet: is not a file"),
    (_outward_link, r"orders\.parquet: is a link that leads out of .*; put the file itself"),
]


@pytest.mark.parametrize(("spoil", "message"), SPOILT)
def test_unreadable_file_is_explained(data, spoil, message):
    """Whatever has happened to a file, the error says which file it is and what to do."""
    spoil(data / "orders.parquet")

    with pytest.raises(BadInput, match=message):
        _take(data)


def test_file_without_read_permission_is_explained(data, monkeypatch):
    """A file that this user may not read is named together with the reason."""

    def refuse(path, mode="r", *_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)

    with pytest.raises(BadInput, match=r"orders\.parquet: cannot be opened \(Permission denied\); give this user"):
        _take(data)


def test_bad_input_leaves_the_previous_snapshot_intact(data):
    """The snapshot of the last good run stays when the next one finds a broken file."""
    _take(data)
    before = {path.name: path.read_bytes() for path in (data.parent / "out").iterdir()}
    _damaged(data / "order_lines.parquet")

    with pytest.raises(BadInput):
        _take(data)

    assert {path.name: path.read_bytes() for path in (data.parent / "out").iterdir()} == before
    assert sorted(path.name for path in data.parent.iterdir()) == ["data", "out"]


def test_table_in_two_files_names_both(data):
    """Nobody can know which of two files counts."""
    (data / "orders.csv").write_text(_orders_csv(_order(1)))

    with pytest.raises(BadInput, match=r"orders is there as orders\.csv and orders\.parquet"):
        _take(data)


def test_other_files_and_columns_are_passed_over_and_named(data):
    """What the contract does not know is left out, and the snapshot says so."""
    (data / "notes.txt").write_text("a note")
    orders = pq.read_table(data / "orders.parquet")
    pq.write_table(orders.append_column("Colour", pa.array(["red"])), data / "orders.parquet")

    snapshot = _take(data)

    assert snapshot.unknown_files == ("notes.txt",)
    assert snapshot.extra_columns == {"orders": ("Colour",)}


def test_absent_folder_is_explained(tmp_path):
    """A wrong --data is no traceback."""
    with pytest.raises(BadInput, match=r"no such folder; name the shop's data folder with --data"):
        _take(tmp_path / "data")


def test_snapshot_never_replaces_the_data(data):
    """The data folder is never written to, not even when it is named as the target."""
    with pytest.raises(BadInput, match="would replace the data folder"):
        take_snapshot(data=data, out=data, cutoff=CUTOFF, now=NOW, max_bad_share=0.02)


# the file, what the error says
CSV_FILES = [
    ("order_id,placed_at,currency,total\nA1,2011-10-01,GBP,1000\n", r"no column total_cents, financial_s"),
    ("order_id;placed_at;currency\nA1;2011-10-01;GBP\n", r"cells are not parted by commas"),
    (HEADER + ",order_id\n", r"names order_id twice"),
    ("\n", r"the first line is empty"),
    (HEADER.encode("utf-16"), r"is UTF-16; save it as UTF-8"),
    (b"PK\x03\x04rest", r"is not text .*; export it as CSV"),
    (HEADER + "\r\n" + _order(1) + "\n" + _order(2) + "\r\n" + _order(3) + "\n", r"all lines end in the same way"),
    (_orders_csv(*(_order(n) for n in range(50)), 'B1,"2011,GBP,1,paid', *(_order(n) for n in range(50, 99))),
     r"row 52 has a quote that is not closed, and 49 lines after it"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), CSV_FILES)
def test_unusable_csv_is_explained(data, text, message):
    """A CSV file that cannot be taken apart is refused rather than half read."""
    _csv(data, "orders", text)

    with pytest.raises(BadInput, match=rf"orders\.csv: .*{message}"):
        _take(data)


def test_shifted_column_is_quarantined_by_its_line(data):
    """A row with a cell too few or too many is set aside under its line number; the others are read."""
    rows = [_order(1), "A2,GBP,1000,paid", _order(3), "A4,,2011-10-01T12:00:00Z,GBP,1000,paid", _order(5, cents="x")]
    _csv(data, "orders", _orders_csv(*rows))

    snapshot = _take(data, max_bad_share=1)

    assert [tuple(row.values())[1:] for row in snapshot.quarantine.to_pylist()] == [
        (3, "", "has fewer cells than the header"),
        (5, "", "has more cells than the header"),
        (6, "total_cents", "'x' is not a whole number"),
    ]
    assert snapshot.counts["orders"].kept == 2


def test_shifted_file_stops_the_import(data):
    """When the whole file is shifted, the error counts the rows, gives examples and says what to do."""
    _csv(data, "orders", _orders_csv(*(f"A{n},,2011-10-01T12:00:00Z,GBP,1000" for n in range(1, 101))))

    with pytest.raises(BadInput) as caught:
        _take(data)

    assert re.fullmatch(
        r"orders\.csv: 100 of 100 rows of orders are bad \(100\.0%; at most 2\.0% may be\)\."
        r" Most frequent: placed_at is missing but required \(100 times, such as in row 2, 3, 4\)\."
        r" Correct the export; to go on without these rows raise max_bad_share under \[import\] in shop\.toml",
        str(caught.value),
    )


def test_bad_share_at_the_limit_is_allowed(data):
    """Two bad rows of a hundred pass at 2 %, three do not."""
    _csv(data, "orders", _orders_csv(*(_order(n, cents="-1" if n > 98 else "5") for n in range(1, 101))))

    assert _take(data).counts["orders"].quarantined == 2

    _csv(data, "orders", _orders_csv(*(_order(n, cents="-1" if n > 97 else "5") for n in range(1, 101))))

    with pytest.raises(BadInput, match="3 of 100 rows"):
        _take(data)


def test_most_frequent_reasons_come_first(data):
    """The error names three reasons, the most frequent first, whatever the values were."""
    cells = ["-1", "-2", "-3", "1.5", "2.5", "x@y.example", ""]
    _csv(data, "orders", _orders_csv(*(_order(n, cents=cell) for n, cell in enumerate(cells))))

    with pytest.raises(BadInput) as caught:
        _take(data)

    assert "total_cents '-1' is below 0 (3 times, such as in row 2, 3, 4); total_cents '1.5' is not" in str(
        caught.value
    )
    assert "x@y" not in str(caught.value)
