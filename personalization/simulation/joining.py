"""Joins the tables of a world that was built in parts, so that nobody can tell in which.

Customers' ids grow from part to part, and so do the ids of most tables: those are copied one after the other. A table
in which the parts' keys overlap is sorted. What all parts have the same, such as the products, is taken once.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from personalization.contracts import TABLES
from personalization.simulation.purchases import SHARED_TABLES
from personalization.store.files import whole_file

_ROWS_A_GROUP = 131_072
_SAME_EVERYWHERE = (*SHARED_TABLES, "policies", "touchpoints")
_MAY_REPEAT = ("suppressions", "truth/exceptions")  # rows about the shop as a whole stand in every part
_TRUTH_KEYS = {"truth/exceptions": ("exception_id",)}


def tables_of(part: Path) -> tuple[str, ...]:
    """Return the names of the tables of a part, those of the truth with their folder."""
    return tuple(sorted(str(path.relative_to(part).with_suffix("")) for path in part.rglob("*.parquet")))


def join_table(name: str, parts: Sequence[Path], out: Path) -> int:
    """Write the table *name* of all parts as one into the folder *out* and return its rows."""
    paths = [part / f"{name}.parquet" for part in parts]
    if name in _SAME_EVERYWHERE:
        paths = paths[:1]
    keys = TABLES[name].key if name in TABLES else _TRUTH_KEYS.get(name, ())
    schema = pq.read_schema(paths[0]).remove_metadata()
    if (name in _MAY_REPEAT and len(paths) > 1) or not _is_in_order(paths, keys[0] if keys else schema.names[0]):
        batches = _sorted(paths, keys, is_distinct=name in _MAY_REPEAT, spill=out)
    else:
        batches = _one_after_the_other(paths)
    return _write(out / f"{name}.parquet", schema, batches)


def _is_in_order(paths: Sequence[Path], column: str) -> bool:
    """Return whether the values of *column* in each file lie above those of the files before, by their statistics."""
    newest = None
    for path in paths:
        with pq.ParquetFile(path) as file:
            place = file.schema_arrow.names.index(column)
            groups = [file.metadata.row_group(number).column(place) for number in range(file.num_row_groups)]
        known = [group.statistics for group in groups if group.num_values]
        if any(statistics is None or not statistics.has_min_max for statistics in known):
            return len(paths) == 1
        if known and newest is not None and min(statistics.min for statistics in known) <= newest:
            return False
        newest = max([statistics.max for statistics in known] + ([] if newest is None else [newest]), default=newest)
    return True


def _one_after_the_other(paths: Sequence[Path]) -> Iterator[pa.Table]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                yield file.read_row_group(number)


def _sorted(paths: Sequence[Path], keys: Sequence[str], *, is_distinct: bool, spill: Path) -> Iterator[pa.Table]:
    order = ", ".join(f'"{key}"' for key in keys) or "ALL"
    chosen = f"DISTINCT ON ({order}) *" if is_distinct else "*"
    files = [str(path) for path in paths]
    with duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "1000MB"}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET temp_directory = $folder", {"folder": str(spill / ".spill")})
        rows = f"SELECT {chosen} FROM read_parquet($files) ORDER BY {order}"
        for batch in connection.sql(rows, params={"files": files}).to_arrow_reader(_ROWS_A_GROUP):
            yield pa.Table.from_batches([batch])


def _write(path: Path, schema: pa.Schema, tables: Iterator[pa.Table]) -> int:
    """Write the tables in groups of equal length, wherever one part ends."""
    rows = 0
    waiting = schema.empty_table()
    with (
        whole_file(path) as partial,
        pq.ParquetWriter(partial, schema, compression="zstd") as writer,
    ):
        for table in tables:
            waiting = pa.concat_tables([waiting, table.cast(schema)])
            rows += table.num_rows
            whole = waiting.num_rows - waiting.num_rows % _ROWS_A_GROUP
            for begin in range(0, whole, _ROWS_A_GROUP):
                writer.write_table(waiting.slice(begin, _ROWS_A_GROUP).combine_chunks(), row_group_size=_ROWS_A_GROUP)
            waiting = waiting.slice(whole).combine_chunks()
        if waiting.num_rows or not rows:
            writer.write_table(waiting, row_group_size=_ROWS_A_GROUP)
    return rows
