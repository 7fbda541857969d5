"""``postlude import generic FILE --suggest``: a mapping proposed from a file's header and the first of its rows.

What a name means is looked up in synonyms.toml and its near spellings; how amounts and dates are written is tried on a
sample. No cell is ever printed but for words of a vocabulary. Every line that is a guess says so.
"""

import difflib
import glob
import re
import tempfile
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from personalization.contracts import TABLES, Column, Kind, Table
from personalization.errors import BadInput
from personalization.sources.importing.expressions import quoted
from personalization.sources.importing.mapping import UNDATED
from personalization.sources.importing.opening import require_export_file
from personalization.sources.reading import quoted as quoted_path
from personalization.sources.reading import reading, require_parquet
from personalization.sources.reading_text import csv_cells, drop_bad_lines, first_bytes, read_header

_SAMPLED = 2_000  # rows; our choice: enough to meet a day above 12, read in a moment
_NEAR = 0.86  # how alike a name must be to one that is known (difflib's ratio); our choice
_MOST_WORDS = 20  # a column with more different values is no vocabulary
_DATE_FORMATS = (
    *("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y"),
    *("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y", "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%d-%m-%Y"),
    *("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y/%m/%d", "%d %b %Y", "%b %d, %Y", "%Y%m%d"),
)
_SYNONYMS: Mapping[str, Any] = tomllib.loads((Path(__file__).parent / "synonyms.toml").read_text(encoding="utf-8"))
_PEOPLE = ("email", "phone")
_REFERRING = ("orders", "tickets", "consents", "returns", "refunds", "claims", "messages")


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file as it lies there: its header, and ``sample`` with the cells c0, c1, … as text."""

    path: Path
    header: tuple[str, ...]
    delimiter: str
    is_utf8: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Which of the file's columns says what; is_sure where the name is known and not only alike."""

    column: str
    place: int
    is_sure: bool


def suggested_mapping(path: Path, *, currency: str | None, timezone: str | None) -> str:
    """Return a mapping for *path* as TOML, complete enough to be checked and used, guesses marked.

    currency and timezone are the shop's own, for what the file does not say. Raises BadInput for a file whose columns
    cannot be told.
    """
    require_export_file(path)
    with duckdb.connect() as connection:
        file = _sampled(connection, path)
        found = _matched(file.header)
        tables = _tables(found)
        if not tables:
            raise BadInput(f"{path.name}: none of its columns has a name that is known; write the mapping by hand")
        zone = timezone or "UTC"
        lines = [
            f"# Proposed for {path.name}. Look at every line; those with '# guess' most of all.",
            f'name = "{_plain_name(path.stem)}"',
            f'timezone = "{zone}"  # guess: where the times of the file are from',
        ]
        for name in tables:
            lines += ["", *_section(connection, file, TABLES[name], found, currency=currency)]
    return "\n".join(lines) + "\n"


def _sampled(connection: duckdb.DuckDBPyConnection, path: Path) -> _File:
    if path.suffix.lower() == ".parquet":
        require_parquet(path)
        relation = f"read_parquet({quoted_path(path)}, binary_as_string = true, hive_partitioning = false)"
        with reading(path.name, "is damaged; export it again"):
            described = connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
            header = tuple(str(row[0]) for row in described)
            cells = ", ".join(
                f'CAST("{name.replace(chr(34), chr(34) * 2)}" AS VARCHAR) AS c{at}' for at, name in enumerate(header)
            )
            connection.execute(f"CREATE TEMP TABLE sample AS SELECT {cells} FROM {relation} LIMIT {_SAMPLED}")
        return _File(path=path, header=header, delimiter=",")
    if path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        raise BadInput(f"{path.name}: --suggest looks at CSV and Parquet files; write the mapping of others by hand")
    start = first_bytes(path)
    whole_lines = start[: start.rfind(b"\n") + 1] or start
    is_utf8 = _is_utf8(whole_lines)
    first = start.split(b"\n", 1)[0].decode("utf-8-sig", errors="replace")
    delimiter = max((",", ";", "\t", "|"), key=first.count)
    with tempfile.TemporaryDirectory() as folder:
        beginning = Path(folder) / path.name
        text = whole_lines.decode("utf-8" if is_utf8 else "cp1252", errors="replace")
        beginning.write_bytes(text.encode("utf-8"))
        header = tuple(name.strip() for name in read_header(beginning, delimiter=delimiter))
        with reading(path.name, "cannot be taken apart as CSV; check its quotes"):
            relation = csv_cells(beginning, width=len(header), delimiter=delimiter)
            connection.execute(f"CREATE TEMP TABLE sample AS SELECT * FROM {relation} LIMIT {_SAMPLED}")
    drop_bad_lines(connection)
    return _File(path=path, header=header, delimiter=delimiter, is_utf8=is_utf8)


def _is_utf8(start: bytes) -> bool:
    try:
        start.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


_UMLAUTS: dict[int, str] = {ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue", ord("ß"): "ss"}


def _plain(name: str) -> str:
    """Return a name as it is compared: lower case letters and digits, umlauts written out, other accents gone."""
    umlauts = name.lower().translate(_UMLAUTS)
    bare = unicodedata.normalize("NFKD", umlauts).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", bare)


def _plain_name(stem: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", _plain_words(stem)).strip("_")
    return name[:40] if name[:1].isalpha() else f"file_{name}"[:40]


def _plain_words(stem: str) -> str:
    return unicodedata.normalize("NFKD", stem.lower()).encode("ascii", "ignore").decode()


def _matched(header: tuple[str, ...]) -> dict[str, _Found]:
    """Return what each canonical column, and last_name beside them, is called in the header."""
    names = {_plain(name): place for place, name in reversed(list(enumerate(header))) if '"' not in name}
    known: dict[str, list[str]] = {column.name: [] for table in TABLES.values() for column in table.columns}
    known |= {column: list(synonyms) for column, synonyms in _SYNONYMS["columns"].items()}
    found = {}
    for column, synonyms in known.items():
        spellings = [_plain(column), _plain(column.removesuffix("_cents").removesuffix("_at")), *map(_plain, synonyms)]
        sure = next((one for one in spellings if one in names), None)
        near = (
            None
            if sure
            else next(
                (hit for one in spellings if len(one) > 4 for hit in difflib.get_close_matches(one, names, 1, _NEAR)),
                None,
            )
        )
        chosen = sure or near
        if chosen is not None:
            place = names[chosen]
            found[column] = _Found(column=header[place], place=place, is_sure=sure is not None)
    return found


def _tables(found: Mapping[str, _Found]) -> list[str]:
    """Return the tables that the file most likely holds: the one with most of its required columns, and its lines."""
    scores = {}
    for name, table in TABLES.items():
        required = [column.name for column in table.columns if not column.nullable and not _is_constant(column)]
        distinct = {found[column].place for column in required if column in found}
        optional = {found[column.name].place for column in table.columns if column.nullable and column.name in found}
        scores[name] = (len(distinct) / len(required), len(distinct), len(optional))
    best = max(scores, key=lambda name: scores[name])
    if scores[best][0] < 0.5:
        return []
    lines = [found[column].place for column in ("sku", "qty", "unit_price_cents") if column in found]
    if best in ("orders", "order_lines") and "placed_at" in found and len(set(lines)) == 3:
        return ["orders", "order_lines"]
    return [best]


def _is_constant(column: Column) -> bool:
    return column.name in ("currency", "source", "product_type", "purpose", "channel", "class")


def _section(
    connection: duckdb.DuckDBPyConnection,
    file: _File,
    table: Table,
    found: Mapping[str, _Found],
    *,
    currency: str | None,
) -> list[str]:
    lines = [f"[{table.name}]", f"file = {_toml(glob.escape(file.path.name))}"]
    if file.delimiter != ",":
        lines.append(f"delimiter = {_toml(file.delimiter)}")
    if not file.is_utf8:
        lines.append('encoding = "cp1252"  # guess: it is not UTF-8')
    lines.append(f"[{table.name}.columns]")
    used: dict[int, str] = {}
    for column in table.columns:
        hit = found.get(column.name)
        is_own = hit is not None and (used.setdefault(hit.place, column.name) == column.name)
        if hit is not None and is_own:
            lines.append(_column_line(connection, column, hit))
        elif not column.nullable and column.name != UNDATED.get(table.name):
            lines.append(_missing_line(column, table, found, currency=currency))
    lines += _reference_lines(table, found)
    for column in table.columns:
        hit = found.get(column.name)
        if column.vocabulary and hit is not None and used.get(hit.place) == column.name:
            lines += _word_lines(connection, table, column, hit)
    return lines


def _toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'


def _column_line(connection: duckdb.DuckDBPyConnection, column: Column, hit: _Found) -> str:
    parts, doubts = [f"column = {_toml(hit.column)}"], [] if hit.is_sure else ["the name is only alike"]
    if column.name.endswith("_cents"):
        decimal, unit, doubt = _amount_form(connection, hit.place)
        parts += [f'unit = "{unit}"'] + ([f'decimal = "{decimal}"'] if decimal == "," else [])
        doubts += [doubt] if doubt else []
    elif column.kind in (Kind.INSTANT, Kind.DATE):
        written, doubt = _date_format(connection, hit.place)
        parts += [f"format = {_toml(written)}"] if written else []
        doubts += [doubt] if doubt else []
    value = _toml(hit.column) if len(parts) == 1 else "{ " + ", ".join(parts) + " }"
    return f"{column.name} = {value}" + (f"  # guess: {'; '.join(doubts)}" if doubts else "")


def _missing_line(column: Column, table: Table, found: Mapping[str, _Found], *, currency: str | None) -> str:
    """Return the line of a required column that the header does not name."""
    if column.name == "currency":
        return f'currency = {{ value = "{currency or "EUR"}" }}  # guess: the file names none'
    if column.name == "order_line_id" and table.name == "order_lines" and "order_id" in found:
        name = _toml(found["order_id"].column)
        return f"order_line_id = {{ column = {name}, numbered = true }}  # guess: lines counted within their order"
    if column.vocabulary and _is_constant(column):
        word = {"purpose": "marketing", "channel": "email", "product_type": "unknown"}.get(
            column.name, column.vocabulary[0]
        )
        return f'{column.name} = {{ value = "{word}" }}  # guess: the file does not tell'
    return f'# {column.name} = "…"  # is required: which column holds it?'


def _reference_lines(table: Table, found: Mapping[str, _Found]) -> list[str]:
    """Return what a row refers to in other systems: whom, and which order."""
    lines = []
    if table.name in _REFERRING:
        lines += [f"{name} = {_toml(found[name].column)}" for name in _PEOPLE if name in found]
        names = [found[name].column for name in ("first_name", "last_name") if name in found]
        if lines and len(names) == 2:
            lines.append(f"name = {{ columns = [{', '.join(map(_toml, names))}] }}")
    return [f"[{table.name}.references]", *lines] if lines else []


def _amount_form(connection: duckdb.DuckDBPyConnection, place: int) -> tuple[str, str, str]:
    """Return decimal sign, unit and what is doubtful, as the sampled amounts show them."""
    comma, point, whole = connection.execute(
        f"SELECT count(*) FILTER (regexp_matches(c{place}, ',[0-9]{{1,2}}[^0-9]*$')),"
        f" count(*) FILTER (regexp_matches(c{place}, '[.][0-9]{{1,2}}[^0-9]*$')),"
        f" count(*) FILTER (regexp_full_match(trim(c{place}), '[+-]?[0-9]+')) FROM sample"
    ).fetchall()[0]
    if comma and point:
        return (",", "major", "commas and points stand before decimals")
    if comma or point:
        return ("," if comma else ".", "major", "")
    return (".", "major", "no amount has decimals; or are they cents (minor)?" if whole else "no amount was seen")


def _date_format(connection: duckdb.DuckDBPyConnection, place: int) -> tuple[str | None, str]:
    """Return the format in which all sampled dates can be read, None for ISO, and what is doubtful."""
    cell = f"nullif(trim(c{place}), '')"
    fits = ", ".join(f"count(try_strptime({cell}, {quoted(form)}))" for form in _DATE_FORMATS)
    total, iso, *read = connection.execute(
        f"SELECT count({cell}), count(*) FILTER (regexp_matches({cell}, '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}')), {fits}"
        " FROM sample"
    ).fetchall()[0]
    if not total:
        return None, "no time was seen"
    if iso == total:
        return None, ""
    fitting = [form for form, count in zip(_DATE_FORMATS, read, strict=True) if count == total]
    if not fitting:
        return None, "times are written in several ways, or in one that is not known"
    other = fitting[0].replace("%d", "?").replace("%m", "%d").replace("?", "%m")
    return fitting[0], "day before month, or month before day?" if other in fitting and other != fitting[0] else ""


def _word_lines(connection: duckdb.DuckDBPyConnection, table: Table, column: Column, hit: _Found) -> list[str]:
    """Return the words of a vocabulary's column, translated where they are known."""
    cell = f"trim(c{hit.place})"
    rows = connection.execute(
        f"SELECT DISTINCT {cell} FROM sample WHERE {cell} <> '' AND NOT contains({cell}, '@')"
        f" AND NOT regexp_matches({cell}, '[0-9]{{4}}') AND length({cell}) <= 40 ORDER BY 1 LIMIT {_MOST_WORDS + 1}"
    ).fetchall()
    words = [str(word) for (word,) in rows]
    if not words or len(words) > _MOST_WORDS:
        return []
    lines = []
    for own in words:
        plain = own.lower().replace(" ", "_").replace("-", "_")
        if plain in column.vocabulary:
            continue
        known = _SYNONYMS["words"].get(column.name, {})
        canonical = next(
            (
                word
                for word, spellings in known.items()
                if word in column.vocabulary and _plain(own) in map(_plain, spellings)
            ),
            None,
        )
        lines.append(
            f'{_toml(own)} = "{canonical}"  # guess: what the word means'
            if canonical
            else f'# {_toml(own)} = "…"  # one of {", ".join(column.vocabulary)}'
        )
    return [f"[{table.name}.words.{column.name}]", *lines] if lines else []
