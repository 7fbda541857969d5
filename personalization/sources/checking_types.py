"""How a cell of a file becomes a value of the contract's type: the SQL of the casts.

Every cell goes two steps. First it is *raw*: text without the white space around it, an empty text or NaN as null, any
other type as the file has it. Then it is *typed*: the contract's type, or null where nothing fits without loss, so a
raw cell that is not null and a typed one that is null is a fault. Text and dates are read as ISO writes them and in no
other way; '01/02/2011' has two readings and therefore none.
"""

from personalization.contracts import Column, Kind

_BLANKS = "' ' || chr(9) || chr(10) || chr(13) || chr(160) || chr(65279)"  # the last is the byte order mark
_WHOLE_NUMBERS = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"}
)
_FLOATS = frozenset({"FLOAT", "DOUBLE"})
_INSTANTS = frozenset(
    {"TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS", "DATE"}
)
_LARGEST_EXACT = "9007199254740992"  # 2^53: beyond it a float no longer holds every whole number
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?"
_INSTANT = rf"{_DAY}([T ]{_CLOCK}( ?(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?))?)?"
_MIDNIGHT = rf"{_DAY}([T ]00:00(:00([.]0{{1,9}})?)?)?"
_NUMBER = r"[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?"


def raw_cell(cell: str, found: str) -> str:
    """Return the SQL of the raw value of *cell*, an expression of DuckDB type *found*."""
    if _is_text(found):
        text = cell if found == "VARCHAR" else f"CAST({cell} AS VARCHAR)"
        is_bare = (
            f"left({text}, 1) BETWEEN '!' AND '~' AND right({text}, 1) BETWEEN '!' AND '~'"  # spares most the trim
        )
        return f"CASE WHEN {is_bare} THEN {text} ELSE nullif(trim({text}, {_BLANKS}), '') END"
    if found == "TIMESTAMPTZ_NS":  # which DuckDB casts to no other instant directly
        return f"CAST({cell} AS TIMESTAMPTZ)"
    if found in _FLOATS:
        return f"CASE WHEN NOT isnan({cell}) THEN {cell} END"
    return cell


def typed_cell(raw: str, found: str, column: Column) -> str:
    """Return the SQL that casts *raw*, of DuckDB type *found*, to the type of *column*; null where nothing fits."""
    family = _family(found)
    if column.kind is Kind.TEXT:
        return _as_text(raw, family)
    if column.kind is Kind.TEXT_LIST:
        return _as_list(raw, family)
    cast = _CASTS.get((family, column.kind))
    return cast.replace("{raw}", raw) if cast else f"CAST(NULL AS {column.kind})"


def cell_text(name: str, found: str) -> str:
    """Return the SQL of the column *name*, of DuckDB type *found*, as text; a whole number that is a float loses .0."""
    return _as_text('"' + name.replace('"', '""') + '"', _family(found))


def _is_text(found: str) -> bool:
    return found in {"VARCHAR", "UUID", "JSON"} or found.startswith("ENUM")


def _family(found: str) -> str:
    if _is_text(found):
        return "text"
    if found.endswith("]"):
        return "list"
    if found in _WHOLE_NUMBERS:
        return "whole"
    if found in _FLOATS or found.startswith("DECIMAL"):
        return "float"
    if found in _INSTANTS:
        return "instant"
    return "boolean" if found == "BOOLEAN" else "nested" if found.startswith(("STRUCT", "MAP", "UNION")) else "other"


def _as_text(raw: str, family: str) -> str:
    if family in {"list", "nested"}:
        return f"CAST(to_json({raw}) AS VARCHAR)"
    if family == "float":  # identifiers that a data frame has turned into 17850.0
        whole = f"{raw} = floor({raw}) AND abs({raw}) < {_LARGEST_EXACT}"
        return f"CASE WHEN {whole} THEN CAST(CAST({raw} AS BIGINT) AS VARCHAR) ELSE CAST({raw} AS VARCHAR) END"
    return raw if family == "text" else f"CAST({raw} AS VARCHAR)"


def _as_list(raw: str, family: str) -> str:
    if family == "list":
        return f"CAST({raw} AS VARCHAR[])"
    if family != "text":
        return "CAST(NULL AS VARCHAR[])"
    by_commas = f"list_transform(string_split({raw}, ','), lambda part: trim(part))"
    return f"CASE WHEN {raw} LIKE '[%' THEN TRY(from_json({raw}, '[\"VARCHAR\"]')) ELSE {by_commas} END"


def _within_calendar(cast: str) -> str:
    """Return *cast*, or null outside the years 1 to 9999, which is all that Python and Parquet readers agree upon."""
    return f"CASE WHEN {cast} BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999' THEN {cast} END"


# A cast to TIMESTAMP loses an offset; the slower one to TIMESTAMPTZ keeps it, but takes no space before it.
_OFFSET_KEPT = "CAST(TRY_CAST(regexp_replace({raw}, ' ([+-])', '\\1') AS TIMESTAMPTZ) AS TIMESTAMP)"
_HAS_OFFSET = "(substr({raw}, 12) LIKE '%+%' OR substr({raw}, 12) LIKE '%-%')"
_TEXT_AS_INSTANT = (
    f"CASE WHEN {_HAS_OFFSET} THEN {_within_calendar(_OFFSET_KEPT)} WHEN {{raw}} NOT LIKE '0000%'"
    " THEN TRY_CAST(replace({raw}, ' Z', 'Z') AS TIMESTAMP) END"
)
_CASTS: dict[tuple[str, Kind], str] = {
    ("text", Kind.INTEGER): "CASE WHEN regexp_full_match({raw}, '[+-]?[0-9]{1,18}([.]0*)?')"
    " THEN TRY_CAST(split_part({raw}, '.', 1) AS BIGINT) END",
    ("whole", Kind.INTEGER): "TRY_CAST({raw} AS BIGINT)",
    ("float", Kind.INTEGER): f"CASE WHEN {{raw}} = floor({{raw}}) AND abs({{raw}}) < {_LARGEST_EXACT}"
    " THEN CAST({raw} AS BIGINT) END",
    (
        "text",
        Kind.NUMBER,
    ): f"CASE WHEN regexp_full_match({{raw}}, '{_NUMBER}') AND isfinite(TRY_CAST({{raw}} AS DOUBLE))"
    " THEN TRY_CAST({raw} AS DOUBLE) END",
    ("whole", Kind.NUMBER): "CAST({raw} AS DOUBLE)",
    ("float", Kind.NUMBER): "CASE WHEN isfinite(CAST({raw} AS DOUBLE)) THEN CAST({raw} AS DOUBLE) END",
    ("boolean", Kind.BOOLEAN): "{raw}",
    ("text", Kind.BOOLEAN): "CASE WHEN lower({raw}) IN ('true', 't', 'yes', 'y', '1') THEN true"
    " WHEN lower({raw}) IN ('false', 'f', 'no', 'n', '0') THEN false END",
    ("whole", Kind.BOOLEAN): "CASE WHEN {raw} = 1 THEN true WHEN {raw} = 0 THEN false END",
    ("float", Kind.BOOLEAN): "CASE WHEN {raw} = 1 THEN true WHEN {raw} = 0 THEN false END",
    ("instant", Kind.INSTANT): _within_calendar("TRY_CAST({raw} AS TIMESTAMP)"),
    ("text", Kind.INSTANT): f"CASE WHEN regexp_full_match({{raw}}, '{_INSTANT}') THEN {_TEXT_AS_INSTANT} END",
    ("instant", Kind.DATE): f"CASE WHEN {_within_calendar('TRY_CAST({raw} AS TIMESTAMP)')}"
    " = CAST(CAST({raw} AS DATE) AS TIMESTAMP) THEN CAST({raw} AS DATE) END",
    ("text", Kind.DATE): f"CASE WHEN regexp_full_match({{raw}}, '{_MIDNIGHT}') AND {{raw}} NOT LIKE '0000%'"
    " THEN TRY_CAST(left({raw}, 10) AS DATE) END",
}
