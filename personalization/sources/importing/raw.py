"""Opens a file of a system's export as the table ``raw``: every cell as text, every broken line set aside."""

import json
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import duckdb
import pyarrow as pa

from personalization.errors import BadInput
from personalization.settings import suggest
from personalization.sources.checking_reasons import broken_rows
from personalization.sources.checking_types import cell_text
from personalization.sources.importing.adapter import Shape, System
from personalization.sources.importing.expressions import quoted
from personalization.sources.importing.opening import require_text
from personalization.sources.reading import quoted as quoted_path
from personalization.sources.reading import reading, require_parquet
from personalization.sources.reading_text import (
    UNREADABLE_CSV,
    collect_bad_lines,
    csv_cells,
    drop_bad_lines,
    first_bytes,
    read_header,
    require_all_csv_lines,
    require_short_lines,
    text_lines,
)

_LARGEST_DOCUMENT = 256 << 20  # bytes of one JSON document that is not written line by line; our choice
_START = 4096  # bytes by which a kind of file is told
_LONG_DOCUMENT = 64 << 10  # bytes; shorter ones are taken apart all at once
_BATCH = 16 << 20  # bytes of long documents that are taken apart together
_BEFORE_JSON = b"\xef\xbb\xbf \t\r\n"  # a byte order mark and white space
_BAD_JSON = "is no valid JSON in UTF-8, or is cut off; export it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A file as the table ``raw`` of the connection.

    rows counts what the file holds, broken included; broken has file, row, column and reason of lines without cells.
    """

    file: str
    shape: Shape
    rows: int
    broken: pa.Table


def open_raw(connection: duckdb.DuckDBPyConnection, system: System, path: Path) -> Raw:
    """Build ``raw`` from *path*: file_row and a CSV file's cells by the shape's names, or JSON's ``item``.

    Raises BadInput when the file cannot be read or is none of the system's exports.
    """
    if any(shape.format == "parquet" and fnmatch(path.name, shape.files) for shape in system.shapes):
        return _open_parquet(connection, system, path)
    with path.open("rb") as content:
        require_text(path, content.read(_START), system)
    start = first_bytes(path)
    drop_bad_lines(connection)
    if start.lstrip(_BEFORE_JSON)[:1] in (b"{", b"["):
        return _open_json(connection, system, path, start)
    return _open_csv(connection, system, path)


def _open_csv(connection: duckdb.DuckDBPyConnection, system: System, path: Path) -> Raw:
    delimiter = next((shape.delimiter for shape in system.shapes if fnmatch(path.name, shape.files)), ",")
    header = read_header(path, delimiter=delimiter)
    if any("\ufffd" in name for name in header):
        raise BadInput(f"{path.name}: the first line is not UTF-8; save it as UTF-8")
    require_short_lines(path)
    places: dict[str, int] = {}
    for place, name in enumerate(header):
        if places.setdefault(name.strip().lower(), place) != place and name.strip():
            raise BadInput(f"{path.name}: the header names {name.strip()} twice; export it again")
    shape = _recognised(system, path, "csv", frozenset(places))
    cells = ", ".join(
        f'c{places[name.lower()]} AS "{name}"' if name.lower() in places else f'CAST(NULL AS VARCHAR) AS "{name}"'
        for name in shape.columns
    )
    relation = csv_cells(path, width=len(header), delimiter=delimiter)
    with reading(path.name, UNREADABLE_CSV):
        # Rows are numbered by their place in the table, since to count them while reading takes one thread alone.
        connection.execute(f"CREATE OR REPLACE TABLE raw_rows AS SELECT {cells} FROM {relation}")
        broken = collect_bad_lines(connection)
        require_all_csv_lines(connection, f"(SELECT *, 0 AS file_row FROM {relation})", path)
    numbered = "SELECT rowid + 2 AS file_row, * FROM raw_rows"
    if not broken:
        return _counted(connection, path, shape, rows=numbered)
    connection.execute(f"CREATE TABLE numbered AS {numbered}")
    connection.execute("DROP TABLE raw_rows")
    connection.execute("ALTER TABLE numbered RENAME TO raw_rows")
    _step_over_broken_lines(connection)
    return _counted(connection, path, shape)


def _open_parquet(connection: duckdb.DuckDBPyConnection, system: System, path: Path) -> Raw:
    """Build ``raw`` from a Parquet file, every cell as text, so that a mapping reads it as it reads a CSV file."""
    require_parquet(path)
    relation = f"read_parquet({quoted_path(path)}, binary_as_string = true, hive_partitioning = false)"
    with reading(path.name, "is damaged; export it again"):
        kinds = {
            str(row[0]).lower(): row for row in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        }
        shape = _recognised(system, path, "parquet", frozenset(kinds))
        cells = ", ".join(
            f'{cell_text(str(kinds[name.lower()][0]), str(kinds[name.lower()][1]))} AS "{name}"'
            for name in shape.columns
        )
        connection.execute(
            f"CREATE OR REPLACE TABLE raw_rows AS SELECT row_number() OVER () AS file_row, {cells} FROM {relation}"
        )
    collect_bad_lines(connection)
    return _counted(connection, path, shape)


def _open_json(connection: duckdb.DuckDBPyConnection, system: System, path: Path, start: bytes) -> Raw:
    lists = sorted({at for shape in system.shapes for at in shape.lists})
    is_line_by_line = _is_line_by_line(start)
    if is_line_by_line:
        require_short_lines(path)
        with reading(path.name, "cannot be read as lines of text; export it as one JSON object a line, in UTF-8"):
            connection.execute(
                "CREATE OR REPLACE TEMP TABLE documents AS SELECT TRY_CAST(line AS JSON) AS document, place FROM"
                f" (SELECT line, row_number() OVER () AS place FROM {text_lines(path)}) WHERE trim(line) <> ''"
            )
    else:
        form = "array" if start.lstrip(_BEFORE_JSON).startswith(b"[") else "unstructured"
        with reading(path.name, _BAD_JSON):
            connection.execute(
                "CREATE OR REPLACE TEMP TABLE documents AS SELECT json AS document, row_number() OVER () AS place"
                f" FROM read_json_objects({quoted_path(path)}, format = '{form}', compression = 'none',"
                f" maximum_object_size = {_LARGEST_DOCUMENT})"
            )
    broken = collect_bad_lines(connection)
    with reading(path.name, _BAD_JSON):
        _keep_items(connection, lists, has_lines=is_line_by_line and not _has_pages(connection, lists))
    _keep_beside(connection, system)
    connection.execute("DROP TABLE documents")
    if broken:
        _step_over_broken_lines(connection)
    keys = _keys(connection)
    if not broken and not connection.execute("SELECT 1 FROM raw_rows WHERE item <> '{}' LIMIT 1").fetchall():
        raise BadInput(f"{path.name}: holds nothing but an empty list; export it again, or leave it out")
    shape = _recognised(system, path, "json", keys)
    no_object = "json_type(item) IS DISTINCT FROM 'OBJECT'"
    connection.execute(f"INSERT INTO broken_lines SELECT file_row, 'NO OBJECT', 0 FROM raw_rows WHERE {no_object}")
    connection.execute(f"DELETE FROM raw_rows WHERE {no_object}")
    return _counted(connection, path, shape)


def _keep_items(connection: duckdb.DuckDBPyConnection, lists: list[str], *, has_lines: bool) -> None:
    """Build raw_rows: the items of all documents, numbered by their lines or through all pages.

    Long documents are taken apart a few at a time, since each takes many times its length meanwhile.
    """
    connection.execute("CREATE OR REPLACE TABLE raw_rows (file_row BIGINT, item JSON)")
    [(last, longest)] = connection.execute(
        "SELECT coalesce(max(place), 0), coalesce(max(strlen(CAST(document AS VARCHAR))), 0) FROM documents"
    ).fetchall()
    step = max(1, _BATCH // longest) if longest > _LONG_DOCUMENT else max(1, last)
    for first in range(1, last + 1, step):
        number = "place" if has_lines else "(SELECT count(*) FROM raw_rows) + row_number() OVER ()"
        connection.execute(
            f"INSERT INTO raw_rows SELECT {number}, item FROM (SELECT unnest({_items(lists)}) AS item, place"
            f" FROM documents WHERE place BETWEEN {first} AND {first + step - 1})"
        )


def _is_line_by_line(start: bytes) -> bool:
    """Return whether a file's first line is a JSON object of its own."""
    line = start.split(b"\n", 1)[0].decode("utf-8-sig", errors="replace").strip()
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _has_pages(connection: duckdb.DuckDBPyConnection, lists: list[str]) -> bool:
    conditions = " OR ".join(f"json_type(document, {quoted(at)}) = 'ARRAY'" for at in lists) or "false"
    first = "SELECT document FROM documents LIMIT 20"  # pages are alike
    return bool(connection.execute(f"SELECT 1 FROM ({first}) WHERE {conditions} LIMIT 1").fetchall())


def _items(lists: list[str]) -> str:
    """Return the SQL of a document's items: the first list that it has at one of *lists*, else the document itself."""
    found = " ".join(
        f"WHEN json_type(document, {quoted(at)}) = 'ARRAY' THEN from_json(json_extract(document, {quoted(at)}),"
        " '[\"JSON\"]')"
        for at in lists
    )
    return f"CASE {found} ELSE [document] END" if found else "[document]"


def _keep_beside(connection: duckdb.DuckDBPyConnection, system: System) -> None:
    """Build a table of each further list that the pages have, such as the users beside a helpdesk's tickets."""
    for name, at in sorted({one for shape in system.shapes for one in shape.beside.items()}):
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE beside_{name} AS SELECT unnest(from_json(json_extract(document,"
            f" {quoted(at)}), '[\"JSON\"]')) AS item FROM documents WHERE json_type(document, {quoted(at)}) = 'ARRAY'"
        )


def _keys(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """Return the keys of the first items, lower case; a bulk export begins with objects of several kinds."""
    rows = connection.execute(
        "SELECT DISTINCT lower(unnest(json_keys(item))) FROM (SELECT item FROM raw_rows"
        " WHERE json_type(item) = 'OBJECT' LIMIT 10000)"
    ).fetchall()
    return frozenset(str(key) for (key,) in rows)


def _recognised(system: System, path: Path, form: str, found: frozenset[str]) -> Shape:
    """Return the shape whose required names are all in *found*, the one with most of them first."""
    named = [shape for shape in system.shapes if fnmatch(path.name, shape.files)]
    if not named:
        patterns = ", ".join(shape.files for shape in system.shapes)
        raise BadInput(f"{path.name}: fits none of the names that the mapping gives ({patterns}); rename it, or map it")
    offered = sorted(named, key=lambda shape: -len(shape.required))
    for shape in offered:
        if shape.format == form and all(name.lower() in found for name in shape.required):
            return shape
    near = max(
        (shape for shape in offered if shape.format == form),
        key=lambda shape: len(found & {name.lower() for name in shape.required}),
        default=None,
    )
    if near is None:
        forms = " or ".join(sorted({shape.format.upper() for shape in system.shapes}))
        raise BadInput(f"{path.name}: is {form.upper()}, but exports of {system.name} are {forms}")
    missing = [name for name in near.required if name.lower() not in found]
    kinds = ", ".join(shape.name for shape in system.shapes)
    near_name = suggest(missing[0].lower(), sorted(found)).split(" Allowed")[0]
    raise BadInput(
        f"{path.name}: is none of the exports of {system.name} that are known ({kinds}); for {near.name} it lacks"
        f" {', '.join(missing)}{near_name.rstrip('.')}. Export it again, in English and unchanged, or name the system"
        " that it is from"
    )


def _step_over_broken_lines(connection: duckdb.DuckDBPyConnection) -> None:
    """Count the broken lines in, so that a row's number leads to its line in the file."""
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE steps AS SELECT line - ordinal + 1 AS from_row, max(ordinal) AS lines"
        " FROM broken_lines GROUP BY from_row"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE stepped AS SELECT raw_rows.* REPLACE (file_row + coalesce(steps.lines, 0) AS file_row)"
        " FROM raw_rows ASOF LEFT JOIN steps ON raw_rows.file_row >= steps.from_row"
    )
    connection.execute("DROP TABLE raw_rows")
    connection.execute("ALTER TABLE stepped RENAME TO raw_rows")


def close_raw(connection: duckdb.DuckDBPyConnection) -> None:
    """Forget the rows of the file that was opened last."""
    connection.execute("DROP VIEW raw")
    connection.execute("DROP TABLE raw_rows")


def _counted(
    connection: duckdb.DuckDBPyConnection, path: Path, shape: Shape, *, rows: str = "SELECT * FROM raw_rows"
) -> Raw:
    connection.execute(f"CREATE OR REPLACE TEMP VIEW raw AS {rows}")
    set_aside = broken_rows(connection, path.name)
    [(kept,)] = connection.execute("SELECT count(*) FROM raw").fetchall()
    return Raw(file=path.name, shape=shape, rows=int(kept) + set_aside.num_rows, broken=set_aside)
