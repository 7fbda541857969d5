"""Opens CSV and JSONL files: every cell as text, every line that cannot be taken apart set aside with its number.

DuckDB writes such lines to the table bad_lines. It counts records, so a line break inside quotes does not count.
"""

import csv
import io
import json
from pathlib import Path

import duckdb

from personalization.contracts import Table
from personalization.errors import BadInput
from personalization.sources.reading import Source, match_columns, quoted, reading, require_columns

_HEADER_BYTES = 1 << 20
_CHUNK = 1 << 20
_LONGEST_LINE = 4_000_000  # bytes; DuckDB loses lines of more than some 12 MB without a word
_SAMPLE_LINES = 10_000  # of a JSONL file, looked through for keys that the contract does not know
_BAD_LINES = "store_rejects = true, rejects_limit = 0, rejects_table = 'bad_lines', rejects_scan = 'bad_scans'"
_KEEPS_LINES_APART = ("MISSING COLUMNS", "TOO MANY COLUMNS", "INVALID ENCODING", "INVALID UNICODE")
LINE_FAULTS = {
    "MISSING COLUMNS": "has fewer cells than the header",
    "TOO MANY COLUMNS": "has more cells than the header",
    "UNQUOTED VALUE": "has a quote that is not closed or not doubled",
    "LINE SIZE OVER MAXIMUM": "is longer than 2,000,000 bytes",
    "INVALID ENCODING": "is not UTF-8",
    "INVALID UNICODE": "is not UTF-8",
    "NO OBJECT": "is not a JSON object",
}
UNREADABLE_CSV = (
    "cannot be taken apart as CSV; check that quotes inside cells are doubled and that all lines end in the same way"
)


def open_csv(_connection: duckdb.DuckDBPyConnection, table: Table, path: Path) -> Source:
    """Return the CSV file of *table* as SQL, all cells as text.

    The first line names the columns, commas part them, quotes inside a cell are doubled, the text is UTF-8.
    """
    require_short_lines(path)
    header = read_header(path)
    positions, extra = match_columns(table, header)
    twice = sorted(set(extra) & set(table.column_names))
    if twice:
        raise BadInput(f"{path.name}: the header names {', '.join(twice)} twice; remove the column that does not count")
    require_columns(table, path.name, [*positions, *extra])
    relation = f"(SELECT *, row_number() OVER () AS file_row FROM {csv_cells(path, width=len(header))}) AS arriving"
    cells = {name: (f"arriving.c{position}", "VARCHAR") for name, position in positions.items()}
    return Source(table=table, file=path.name, relation=relation, cells=cells, extra_columns=extra, first_line=2)


def csv_cells(path: Path, *, width: int, delimiter: str = ",") -> str:
    """Return the SQL that reads a CSV file of *width* columns as texts c0, c1, …; bad lines go to bad_lines."""
    columns = ", ".join(f"'c{position}': 'VARCHAR'" for position in range(width))
    sign = delimiter.replace("'", "''")
    return (
        f"read_csv({quoted(path)}, auto_detect = false, compression = 'none', header = true, delim = '{sign}',"
        f" quote = '\"', escape = '\"', {_BAD_LINES}, columns = {{{columns}}})"
    )


def text_lines(path: Path) -> str:
    """Return the SQL that reads a file line by line as the text ``line``; bad lines go to bad_lines."""
    return (
        f"read_csv({quoted(path)}, auto_detect = false, compression = 'none', header = false, delim = '\x01',"
        f" quote = '', escape = '', strict_mode = false, {_BAD_LINES}, columns = {{'line': 'VARCHAR'}})"
    )


def read_header(path: Path, *, delimiter: str = ",") -> list[str]:
    """Return the names in the first line of a CSV file, whose cells *delimiter* parts.

    Raises BadInput when it is empty, not UTF-8 text, or not parted by commas.
    """
    start = first_bytes(path)
    first = start.split(b"\n", 1)[0] if start.count(b'"') == 0 else start
    try:
        header = next(
            csv.reader(io.StringIO(first.decode("utf-8-sig", errors="replace"), newline=""), delimiter=delimiter), []
        )
    except csv.Error as error:
        raise BadInput(f"{path.name}: {UNREADABLE_CSV}") from error
    if delimiter == "," and len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        raise BadInput(f"{path.name}: the cells are not parted by commas; export it as comma-separated CSV")
    if not any(header):
        raise BadInput(f"{path.name}: the first line is empty; it must name the columns")
    return header


def require_short_lines(path: Path) -> None:
    """Raise BadInput when a line is so long that rows would be lost; memory does not grow with the line."""
    line, begun, place, end = 1, 0, 0, b""
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            if not end:
                end = b"\r" if b"\r" in chunk and b"\n" not in chunk else b"\n"
            first = chunk.find(end)
            if (place + first if first >= 0 else place + len(chunk)) - begun > _LONGEST_LINE:
                fault = f"line {line:,} is longer than {_LONGEST_LINE:,} bytes"
                raise BadInput(f"{path.name}: {fault}; export it again, one row a line")
            if first >= 0:
                begun = place + chunk.rfind(end) + 1
                line += chunk.count(end)
            place += len(chunk)


def first_bytes(path: Path) -> bytes:
    """Return the beginning of a text file; raises BadInput for UTF-16, spreadsheets and compressed files."""
    with path.open("rb") as content:
        start = content.read(_HEADER_BYTES)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadInput(f"{path.name}: is UTF-16; save it as UTF-8")
    if start.startswith((b"PAR1", b"PK\x03\x04", b"\x1f\x8b")):
        raise BadInput(
            f"{path.name}: is not text (Parquet, a spreadsheet or a compressed file);"
            f" export it as {path.suffix[1:].upper()}"
        )
    return start


def open_jsonl(connection: duckdb.DuckDBPyConnection, table: Table, path: Path) -> Source:
    """Return the JSONL file of *table* as SQL, all cells as text; a line that is no JSON object is broken."""
    first_bytes(path)
    require_short_lines(path)
    lines = text_lines(path)
    shape = json.dumps(dict.fromkeys(table.column_names, "VARCHAR"))
    relation = (
        f"(SELECT line, TRY(json_transform(line, '{shape}')) AS cells, file_row"
        f" FROM (SELECT line, row_number() OVER () AS file_row FROM {lines}) WHERE trim(line) <> '') AS arriving"
    )
    keys = _sampled_keys(connection, path, lines)
    if keys:
        require_columns(table, path.name, keys)
    return Source(
        table=table,
        file=path.name,
        relation=relation,
        cells={name: (f'arriving.cells."{name}"', "VARCHAR") for name in table.column_names},
        extra_columns=tuple(key for key in keys if key not in table.column_names),
        broken="arriving.cells IS NULL OR NOT starts_with(ltrim(arriving.line), '{')",
        first_line=1,
    )


def _sampled_keys(connection: duckdb.DuckDBPyConnection, path: Path, lines: str) -> list[str]:
    with reading(path.name, "cannot be read as lines of text; export it as one JSON object a line, in UTF-8"):
        rows = connection.execute(
            "SELECT DISTINCT unnest(TRY(json_keys(line))) AS name"
            f" FROM (SELECT line FROM {lines} LIMIT {_SAMPLE_LINES}) ORDER BY name"
        ).fetchall()
        drop_bad_lines(connection)
    return [str(name) for (name,) in rows]


def drop_bad_lines(connection: duckdb.DuckDBPyConnection) -> None:
    """Forget the lines that earlier scans set aside."""
    connection.execute("DROP TABLE IF EXISTS bad_lines")
    connection.execute("DROP TABLE IF EXISTS bad_scans")


def collect_bad_lines(connection: duckdb.DuckDBPyConnection) -> int:
    """Keep the lines that a scan set aside as the table broken_lines (line, fault, ordinal); return how many."""
    made = connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 'bad_lines'").fetchall()
    if not made:
        connection.execute("CREATE OR REPLACE TEMP TABLE broken_lines (line BIGINT, fault VARCHAR, ordinal BIGINT)")
        return 0
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE broken_lines AS"
        " SELECT line, min(CAST(error_type AS VARCHAR)) AS fault, row_number() OVER (ORDER BY line) AS ordinal"
        " FROM bad_lines GROUP BY line"
    )
    drop_bad_lines(connection)
    [(count,)] = connection.execute("SELECT count(*) FROM broken_lines").fetchall()
    return int(count)


def require_all_lines(connection: duckdb.DuckDBPyConnection, source: Source, path: Path) -> None:
    """Raise BadInput when an open quote has swallowed lines of a CSV file."""
    if source.first_line == 2:
        require_all_csv_lines(connection, source.relation, path)


def require_all_csv_lines(connection: duckdb.DuckDBPyConnection, relation: str, path: Path) -> None:
    """Raise BadInput when an open quote has swallowed lines of a CSV file, read as *relation*.

    DuckDB then reports one bad line, or none, for all that it has lost; so the lines of the file are counted against
    those that were read. Line breaks inside cells count as lines read.
    """
    known = ", ".join(f"'{fault}'" for fault in _KEEPS_LINES_APART)
    suspect = connection.execute(f"SELECT min(line) FROM broken_lines WHERE fault NOT IN ({known})").fetchall()[0][0]
    if suspect is None:
        return
    columns = connection.execute(f"DESCRIBE SELECT * EXCLUDE (file_row) FROM {relation}").fetchall()
    breaks = " + ".join(f"coalesce(length({name}) - length(replace({name}, chr(10), '')), 0)" for name, *_ in columns)
    [(taken,)] = connection.execute(
        f"SELECT count(*) + CAST(coalesce(sum({breaks}), 0) AS BIGINT) FROM {relation}"
    ).fetchall()
    drop_bad_lines(connection)
    [(broken,)] = connection.execute("SELECT count(*) FROM broken_lines").fetchall()
    lost = _count_lines(path) - 1 - int(taken) - int(broken)
    if lost > 0:
        raise BadInput(
            f"{path.name}: row {suspect} has a quote that is not closed, and {lost:,} lines after it cannot be told"
            " apart; double the quotes inside cells"
        )


def _count_lines(path: Path) -> int:
    with path.open("rb") as content:
        return sum(1 for line in content if line.strip())
