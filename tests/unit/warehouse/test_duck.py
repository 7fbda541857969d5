"""The runner of the SQL files."""

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from personalization.warehouse import Warehouse, duck


@pytest.fixture
def sql_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of SQL files of the test's own."""
    monkeypatch.setattr(duck, "SQL_FOLDER", tmp_path)
    duck.read_statement.cache_clear()
    return tmp_path


def test_rows_come_in_the_declared_types_and_order(sql_folder: Path) -> None:
    """A sum is a BIGINT and not a HUGEINT, and rows are ordered by the key whatever the SELECT does."""
    (sql_folder / "t.sql").write_text(
        "-- One.\n-- columns: k VARCHAR, n BIGINT\n-- key: k\nSELECT k, sum(n) AS n FROM s GROUP BY k"
    )
    with Warehouse() as warehouse:
        warehouse.load_arrow("s", pa.table({"k": ["b", "a", "b"], "n": [1, 2, 3]}))
        result = warehouse.read("t")

    assert result.schema.types == [pa.string(), pa.int64()]
    assert result.to_pylist() == [{"k": "a", "n": 2}, {"k": "b", "n": 4}]


def test_a_missing_parameter_is_named(sql_folder: Path) -> None:
    """A statement that is run without one of its parameters says which."""
    (sql_folder / "t.sql").write_text("-- One.\n-- columns: n BIGINT\n-- key: n\nSELECT CAST($limit AS BIGINT) AS n")

    with Warehouse() as warehouse, pytest.raises(TypeError, match="limit"):
        warehouse.read("t")


def test_a_missing_table_is_there_but_empty(tmp_path: Path) -> None:
    """A stage can always ask for any canonical table by its name."""
    with Warehouse() as warehouse:
        warehouse.load_canonical(tmp_path)

        assert warehouse.table("tickets", order_by="ticket_id").num_rows == 0


def test_a_built_table_takes_parameters(sql_folder: Path) -> None:
    """A table can be built as of an instant."""
    text = "-- One.\n-- columns: is_before BOOLEAN\n-- key: is_before\nSELECT seen_at < $cutoff AS is_before FROM s"
    (sql_folder / "built.sql").write_text(text)
    with Warehouse() as warehouse:
        warehouse.load_arrow("s", pa.table({"seen_at": [datetime(2011, 1, 1), datetime(2011, 1, 3)]}))
        name = warehouse.build("built", cutoff=datetime(2011, 1, 2))

        assert warehouse.table(name, order_by="is_before")["is_before"].to_pylist() == [False, True]
