"""The quarantine: each row that breaks the contract, with the one reason for it, in words that may stand in a log."""

from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from personalization.sources.checking_faults import table_faults
from personalization.sources.reading import Source
from personalization.sources.reading_text import LINE_FAULTS

BAD_VERDICTS = ("bad", "clash", "twin", "orphan")
QUARANTINE = pa.schema([("file", pa.string()), ("row", pa.int64()), ("column", pa.string()), ("reason", pa.string())])
_SHOWN_LENGTH = 40
_EXAMPLES = 3
# What may be an address or a telephone number that has slipped into another column is not shown.
_SHOWN = (
    "CASE WHEN contains({text}, '@') OR regexp_full_match({text}, '[+][0-9 ().-]{{8,}}|[(]?0[0-9 ()]{{9,}}')"
    " THEN '(hidden)'"
    " ELSE '''' || replace(replace(left({text}, {length}), chr(10), ' '), chr(13), ' ')"
    " || CASE WHEN length({text}) > {length} THEN '…' ELSE '' END || '''' END"
)


def quarantined_rows(
    connection: duckdb.DuckDBPyConnection, source: Source, *, now: datetime, verdicts: tuple[str, ...] = BAD_VERDICTS
) -> pa.Table:
    """Return the rows of ``judged`` with one of *verdicts* as file, row, column, reason, in file order.

    row is the line of a CSV or JSONL file (a line break inside quotes does not count) and the row, from 1, of others.
    """
    rows = _bad_rows(source, now=now, verdicts=verdicts)
    if source.first_line is not None:
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE breaks AS"  # unreadable lines: how many stand before a row that was read
            f" SELECT line - {source.first_line} - ordinal + 2 AS from_row, max(ordinal) AS lines"
            " FROM broken_lines GROUP BY from_row"
        )
        rows += f" UNION ALL SELECT line, '', {_line_fault()} FROM broken_lines"
    file = source.file.replace("'", "''")
    found = connection.sql(
        f"SELECT '{file}' AS file, CAST(row AS BIGINT) AS row, name AS \"column\", reason FROM ({rows})"
        " ORDER BY row, name, reason"
    )
    return found.to_arrow_table().cast(QUARANTINE)


def _bad_rows(source: Source, *, now: datetime, verdicts: tuple[str, ...]) -> str:
    """Return the SELECT of the bad rows of ``judged`` as row, name (of the column) and reason."""
    table = source.table
    orphan, parent = table.parents[0] if table.parents else ("", "")
    values = ", ".join(
        f"({fault.code}, '{fault.column}', '{fault.sentence}')" for fault in table_faults(table, now=now)
    )
    orphan_value = _shown(f'judged."{orphan}"') if orphan else "''"
    row, first_row, joins = "judged.file_row", "judged.first_row", ""
    if source.first_line is not None:
        row = f"{row} + {source.first_line - 1} + coalesce(before.lines, 0)"
        first_row = f"({first_row} + {source.first_line - 1} + coalesce(before_first.lines, 0))"
        joins = (
            " ASOF LEFT JOIN breaks AS before ON judged.file_row >= before.from_row"
            " ASOF LEFT JOIN breaks AS before_first ON judged.first_row >= before_first.from_row"
        )
    key = ", ".join(table.key)
    listed = ", ".join(f"'{verdict}'" for verdict in verdicts)
    subject = " or ".join(table.must_be_whole.subject) if table.must_be_whole is not None else ""
    return (
        f"SELECT {row} AS row, CASE verdict WHEN 'twin' THEN '{key}' WHEN 'clash' THEN '{key}'"
        f" WHEN 'orphan' THEN '{orphan}' ELSE coalesce(faults.name, '') END AS name,"
        f" CASE verdict WHEN 'twin' THEN 'repeats the key of row ' || {first_row} || ', which is kept'"
        f" WHEN 'clash' THEN 'repeats the key of row ' || {first_row} || ' with another {subject}'"
        f" WHEN 'orphan' THEN {orphan_value} || ' is not in {parent}'"
        f" ELSE coalesce({_shown('judged.shown')} || ' ', '') || coalesce(faults.sentence, 'is not a JSON object') END"
        " AS reason"
        f" FROM (SELECT * FROM judged WHERE verdict IN ({listed})) AS judged"
        f" LEFT JOIN (VALUES {values}) AS faults(code, name, sentence) ON faults.code = judged.fault{joins}"
    )


def _shown(text: str) -> str:
    return _SHOWN.format(text=text, length=_SHOWN_LENGTH)


def broken_rows(connection: duckdb.DuckDBPyConnection, file: str) -> pa.Table:
    """Return the lines that could not be taken apart, from ``broken_lines``, as file, row, column, reason."""
    name = file.replace("'", "''")
    found = connection.sql(
        f"SELECT '{name}' AS file, line AS row, '' AS \"column\", {_line_fault()} AS reason FROM broken_lines"
        " ORDER BY line"
    )
    return found.to_arrow_table().cast(QUARANTINE)


def _line_fault() -> str:
    sentences = " ".join(f"WHEN '{fault}' THEN '{sentence}'" for fault, sentence in LINE_FAULTS.items())
    return f"CASE fault {sentences} ELSE 'cannot be taken apart' END"


def most_frequent(quarantine: pa.Table) -> list[str]:
    """Return the three most frequent reasons of *quarantine*, each with how often and where it stands."""
    # A reason without its value: what comes after the closing quote, without row numbers.
    kind = pc.replace_substring_regex(quarantine["reason"], r"^'.*' |^\(hidden\) |[0-9]+", "")
    counted = quarantine.append_column("kind", kind).group_by(["column", "kind"], use_threads=False)
    sizes = counted.aggregate([("row", "count"), ("row", "min")]).sort_by(
        [("row_count", "descending"), ("row_min", "ascending")]
    )
    lines = []
    for size in sizes.slice(0, _EXAMPLES).to_pylist():
        same = quarantine.filter(pc.and_(pc.equal(kind, size["kind"]), pc.equal(quarantine["column"], size["column"])))
        rows = ", ".join(str(row) for row in same["row"].slice(0, _EXAMPLES).to_pylist())
        what = f"{size['column']} {same['reason'][0].as_py()}".strip()
        lines.append(f"{what} ({size['row_count']:,} times, such as in row {rows})")
    return lines
