"""The reference of the data folder, written from the contract itself so that the two cannot differ."""

from personalization.contracts import REQUIRED_TABLES, TABLES, Column, Kind, Table

_WORDS = {
    Kind.TEXT: "text",
    Kind.INTEGER: "integer",
    Kind.NUMBER: "number",
    Kind.BOOLEAN: "true/false",
    Kind.INSTANT: "UTC instant",
    Kind.DATE: "date",
    Kind.TEXT_LIST: "list of text",
}
_HEAD = """# The data folder

One file per table: `<table>.parquet`, `.csv` (with a header) or `.jsonl`. {required} are required; every other table
may be absent, and readiness decides what that means. A column marked *may be empty* may also be absent. More columns
may be added; they are named in the report and left out.

- Instants are UTC; ISO 8601 with an offset is converted, without one it is taken as UTC. Money is an integer in minor
  units (pence, cents) beside its currency.
- A row that breaks its contract is quarantined with file, row, column and reason. More than `[import] max_bad_share`
  of a table's rows (2 %) stops the import.
- {whole} keep messages away from people, so a single row that breaks its
  contract stops the import. Of rows with the same key the strictest is kept.
- A word that is not among those allowed becomes the one marked *else*, and is counted. A consent whose channel or
  purpose is not known keeps its refusal, and its permission becomes `unknown`.
- `received_at` is when the shop learned of a row. Looking at a past night uses it, and nothing else; where it is
  absent, the event's own time stands in. In `returns` it is the day on which the goods came back.

Written by `make docs` from `personalization/contracts.py`.
"""


def data_folder_reference() -> str:
    """Return the whole page as Markdown."""
    required = " and ".join(f"`{name}`" for name in REQUIRED_TABLES)
    whole = ", ".join(f"`{table.name}`" for table in TABLES.values() if table.must_be_whole is not None)
    return "\n".join([_HEAD.format(required=required, whole=whole), *(_section(table) for table in TABLES.values())])


def _section(table: Table) -> str:
    head = f"## {table.name}\n\nKey: {', '.join(f'`{name}`' for name in table.key)}.\n"
    rows = "\n".join(_row(column) for column in table.columns)
    return f"{head}\n| column | type | may be empty | allowed |\n|---|---|---|---|\n{rows}\n"


def _row(column: Column) -> str:
    allowed = ", ".join(column.vocabulary) + (f" (else {column.unknown_word})" if column.unknown_word else "")
    if column.is_digest:
        allowed = "SHA-256, 64 hexadecimal digits"
    if column.minimum is not None:
        allowed = f"{column.minimum} or more"
    return f"| `{column.name}` | {_WORDS[column.kind]} | {'yes' if column.nullable else ''} | {allowed} |"
