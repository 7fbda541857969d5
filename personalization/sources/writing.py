"""Writes the rows of a query as Parquet, whole, in row groups of a fixed size: the same rows give the same bytes."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from personalization.store.files import whole_file

_ROWS_A_GROUP = 131_072


def write_relation(connection: duckdb.DuckDBPyConnection, select: str, path: Path) -> int:
    """Write the rows of *select* as they come and return how many there were."""
    reader = connection.sql(select).to_arrow_reader(_ROWS_A_GROUP)
    rows = 0
    with whole_file(path) as partial, pq.ParquetWriter(partial, reader.schema, compression="zstd") as writer:
        for group in row_groups(reader):
            writer.write_table(group, row_group_size=_ROWS_A_GROUP)
            rows += group.num_rows
    return rows


def row_groups(reader: pa.RecordBatchReader) -> Iterator[pa.Table]:
    """Yield the rows of *reader* in tables of the same size, the last one smaller."""
    waiting = reader.schema.empty_table()
    for batch in reader:
        waiting = pa.concat_tables([waiting, pa.Table.from_batches([batch])])
        while waiting.num_rows >= _ROWS_A_GROUP:
            yield waiting.slice(0, _ROWS_A_GROUP).combine_chunks()
            waiting = waiting.slice(_ROWS_A_GROUP)
    if waiting.num_rows:
        yield waiting.combine_chunks()
