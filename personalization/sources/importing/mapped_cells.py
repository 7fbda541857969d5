"""The SQL by which a mapped cell becomes what the contract expects: amounts, times, words, as a mapping tells them.

What does not fit the mapping is marked, never passed on as it is: '12.00' in a column whose decimals are parted by a
comma must not become twelve cents.
"""

from personalization.contracts import Column, Kind
from personalization.sources.importing.expressions import cents, quoted, word
from personalization.sources.importing.mapping import Cell

_GROUPED = {
    ".": r"[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)([.][0-9]+)?",
    ",": r"[+-]?([0-9]+|[0-9]{1,3}([.][0-9]{3})+)(,[0-9]+)?",
}
_LIKE = {".": "1,234.50", ",": "1.234,50"}
_SIGNS = r"[\s\x{00A0}\x{202F}''’€$£]"  # what stands around an amount, or parts its thousands in Switzerland
_EPOCH = {"seconds": 1_000_000, "milliseconds": 1_000}
_MINUTES = {"minutes": "1", "seconds": "1 / 60.0", "hours": "60"}


def cells_of(names: tuple[str, ...], form: str) -> str:
    """Return the SQL of a file's rows with the columns *names* as text; in JSON a name is a key or a path.

    A JSON item is parsed once for all: each path that is looked up by itself costs the memory of the whole item.
    """
    if form != "json":
        return "raw"
    paths = ", ".join(quoted(name if name.startswith("$.") else f'$."{name}"') for name in names)
    cells = ", ".join(f'found[{place}] AS "{name}"' for place, name in enumerate(names, start=1))
    return f"(SELECT file_row, {cells} FROM (SELECT file_row, json_extract_string(item, [{paths}]) AS found FROM raw))"


def text_of(cell: Cell) -> str:
    """Return the SQL of what stands in a cell's columns: text without white space around it, null where it is empty."""
    if cell.value is not None:
        return quoted(str(cell.value).lower() if isinstance(cell.value, bool) else str(cell.value))
    parts = [f"nullif(trim(\"{name}\"), '')" for name in cell.names]
    text = parts[0] if len(parts) == 1 else f"nullif(concat_ws({quoted(cell.separator)}, {', '.join(parts)}), '')"
    if cell.numbered:
        return f"{text} || '-' || row_number() OVER (PARTITION BY {text} ORDER BY file_row)"
    return text


def value_of(column: Column, cell: Cell, *, words: dict[str, str | bool], currency: str, timezone: str | None) -> str:
    """Return the SQL of the value of a canonical column.

    words are the source's own and the canonical ones, currency is the SQL of the row's currency, timezone that of times
    which do not say where they are from.
    """
    text = text_of(cell)
    if words:
        text = word(text, {own.strip().lower(): str(canonical) for own, canonical in words.items()})
        text = _without_case_of_booleans(text, column)
    if cell.value is not None:
        return text
    if column.is_digest and cell.unit == "email":
        return f"sha256(lower({text}))"
    if column.kind is Kind.INSTANT:
        return _instant(text, cell, timezone)
    if column.kind is Kind.DATE and cell.format is not None:
        parsed = f"strftime(try_strptime({text}, {quoted(cell.format)}), '%Y-%m-%d')"
        return _or_marked(parsed, text, f"not as {cell.format}")
    if column.name.endswith("_cents"):
        return _amount(text, cell, currency)
    if column.name.endswith("_minutes") and cell.unit not in (None, "minutes"):
        return f"CAST(round(TRY_CAST({text} AS DOUBLE) * {_MINUTES[str(cell.unit)]}) AS BIGINT)"
    if column.name.endswith("_days") and cell.unit == "weeks":
        return f"TRY_CAST({text} AS BIGINT) * 7"
    if column.kind is Kind.NUMBER:
        return _number(text, cell)
    return text


def _without_case_of_booleans(text: str, column: Column) -> str:
    return f"lower({text})" if column.kind is Kind.BOOLEAN else text


def _or_marked(value: str, text: str, fault: str) -> str:
    """Return *value*, or where it is null the text with what is wrong with it, so that the contract refuses it."""
    return f"coalesce({value}, {text} || {quoted(f' ({fault})')})"


def _plain_number(text: str, cell: Cell) -> str:
    """Return the SQL of a number as SQL writes it, or null where it is written in another way than the mapping says."""
    bare = f"regexp_replace({text}, '{_SIGNS}', '', 'g')"
    plain = f"replace({bare}, ',', '')" if cell.decimal == "." else f"replace(replace({bare}, '.', ''), ',', '.')"
    return f"CASE WHEN regexp_full_match({bare}, '{_GROUPED[cell.decimal]}') THEN {plain} END"


def _amount(text: str, cell: Cell, currency: str) -> str:
    plain = _plain_number(text, cell)
    scaled = cents(f"({plain})", currency) if cell.unit == "major" else f"({plain})"
    return _or_marked(scaled, text, f"not as {_LIKE[cell.decimal]}")


def _number(text: str, cell: Cell) -> str:
    scale = " / 100" if cell.unit == "percent" else ""
    bare = f"rtrim({text}, ' %')" if cell.unit == "percent" else text
    return f"TRY_CAST({_plain_number(bare, cell)} AS DOUBLE){scale}"


def _instant(text: str, cell: Cell, timezone: str | None) -> str:
    zone = cell.timezone or timezone
    if cell.unit is not None:
        epoch = f"make_timestamp(TRY_CAST({text} AS BIGINT) * {_EPOCH[cell.unit]})"
        return _or_marked(f"CAST({epoch} AS VARCHAR)", text, f"not {cell.unit} since 1970")
    if cell.format is None:
        if zone is None:
            return text
        has_zone = f"regexp_matches({text}, '([zZ]|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$') AND length({text}) > 11"
        moved = _utc(f"TRY_CAST({text} AS TIMESTAMP)", zone)
        return f"CASE WHEN {has_zone} THEN {text} ELSE coalesce({moved}, {text}) END"
    parsed = f"try_strptime({text}, {quoted(cell.format)})"
    if "%z" in cell.format:
        return _or_marked(f"CAST(CAST({parsed} AS TIMESTAMP) AS VARCHAR)", text, f"not as {cell.format}")
    return _or_marked(_utc(parsed, zone or "UTC"), text, f"not as {cell.format}")


def _utc(local: str, zone: str) -> str:
    """Return the SQL of a local time as UTC text; DuckDB's own time zone is UTC in an import."""
    return f"CAST(CAST(timezone({quoted(zone)}, {local}) AS TIMESTAMP) AS VARCHAR)"
