"""The snapshot as a folder: written whole, the same bytes each time, and usable by importers piece by piece."""

from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from personalization.contracts import TABLES
from personalization.errors import BadInput
from personalization.sources.checking import check_table
from personalization.sources.folder import take_snapshot
from tests.lib.tables import data_folder

NOW = datetime(2011, 11, 21, 2)
CUTOFF = datetime(2011, 11, 21)
MANY = 300_000


def _many_lines(folder):
    """A folder with one order of 300,000 lines in no order, more than two row groups."""
    data = data_folder(folder / "data", orders="order_id\nA1")
    numbers = pa.array((number * 7_919) % MANY for number in range(MANY))
    columns = {"order_line_id": pc.cast(numbers, pa.string()), "order_id": pa.array(["A1"] * MANY)}
    columns |= {"sku": pc.cast(numbers, pa.string()), "qty": pa.array([1] * MANY)}
    columns |= {"unit_price_cents": pa.array([100] * MANY)}
    pq.write_table(pa.table(columns), data / "order_lines.parquet", row_group_size=50_000)
    return data


def test_threads_do_not_change_the_bytes(tmp_path):
    """One thread and two write the same files, though they sort and join in another order."""
    data = _many_lines(tmp_path)
    written = []
    for threads in (1, 2):
        out = tmp_path / f"out{threads}"
        take_snapshot(data=data, out=out, cutoff=CUTOFF, now=NOW, max_bad_share=0, threads=threads)
        written.append((out / "order_lines.parquet").read_bytes())

    assert written[0] == written[1]
    ids = pq.read_table(tmp_path / "out1" / "order_lines.parquet")["order_line_id"].to_pylist()
    assert ids == sorted(ids)
    assert len(ids) == MANY


def test_leftovers_of_a_killed_run_never_mix_in(tmp_path):
    """What a killed run has left beside or inside the snapshot is gone after the next one."""
    data = data_folder(
        tmp_path / "data", orders="order_id\nA1", order_lines="order_line_id | order_id | sku\nL1 | A1 | X"
    )
    for folder in (".out.building", ".out.spill", "out"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tickets.parquet").write_text("half a file")

    take_snapshot(data=data, out=tmp_path / "out", cutoff=CUTOFF, now=NOW, max_bad_share=0)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "out"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["order_lines.parquet", "orders.parquet"]


def test_columns_are_those_of_the_contract(tmp_path):
    """Every column of the contract is there in its order and type, given or not."""
    data = tmp_path / "data"
    data_folder(data, orders="order_id\nA1", order_lines="order_line_id | order_id | sku\nL1 | A1 | X")
    pq.write_table(pa.table({"customer_id": ["C1"]}), data / "customers.parquet")

    take_snapshot(data=data, out=tmp_path / "out", cutoff=CUTOFF, now=NOW, max_bad_share=0)

    schema = pq.read_schema(tmp_path / "out" / "customers.parquet")
    assert tuple(schema.names) == TABLES["customers"].column_names
    assert schema.field("created_at").type == pa.timestamp("us")
    assert schema.field("is_b2b").type == pa.bool_()


def test_first_row_of_a_repeated_key_stays(tmp_path):
    """Of rows with the same key the first good one in the file stays; the others name it."""
    data = data_folder(
        tmp_path / "data",
        orders="order_id | total_cents\nA1 | -1\nA1 | 2\nA1 | 3\nA2 | 4\nA1 | 5",
        order_lines="order_line_id | order_id | sku\nL1 | A1 | X",
    )

    snapshot = take_snapshot(data=data, out=tmp_path / "out", cutoff=CUTOFF, now=NOW, max_bad_share=1)

    assert [(row["row"], row["reason"]) for row in snapshot.quarantine.to_pylist()] == [
        (1, "'-1' is below 0"),
        (3, "repeats the key of row 2, which is kept"),
        (5, "repeats the key of row 2, which is kept"),
    ]
    assert pq.read_table(tmp_path / "out" / "orders.parquet")["total_cents"].to_pylist() == [2, 4]


def test_importer_can_check_the_table_it_made():
    """check_table gives the good rows in the contract's shape, and the bad ones with their reasons."""
    made = pa.table(
        {"sku": ["B", "A", "A"], "counted_at": [NOW, NOW, NOW], "qty": [3, 2, -1], "shelf": ["x", "y", "z"]},
    )

    checked = check_table("inventory", made, file="stock.csv", now=NOW)

    assert checked.kept.column_names == list(TABLES["inventory"].column_names)
    assert checked.kept["sku"].to_pylist() == ["A", "B"]
    assert checked.quarantine.to_pylist() == [
        {"file": "stock.csv", "row": 3, "column": "qty", "reason": "'-1' is below 0"}
    ]
    assert checked.unknown == 0


def test_importer_learns_of_a_column_it_forgot():
    """A table without a required column is refused by name."""
    with pytest.raises(BadInput, match=r"stock\.csv: has no column counted_at"):
        check_table("inventory", pa.table({"sku": ["A"], "qty": [1]}), file="stock.csv", now=NOW)
