"""What can be wrong with one row of a canonical table, in the order in which it is looked for."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from personalization.contracts import Column, Kind, Table

_KIND_FAULTS = {
    Kind.TEXT: "is not text",
    Kind.INTEGER: "is not a whole number",
    Kind.NUMBER: "is not a number",
    Kind.BOOLEAN: "is not true or false",
    Kind.INSTANT: "is not an ISO instant such as 2011-11-20T14:30:00Z",
    Kind.DATE: "is not an ISO date such as 2011-11-20",
    Kind.TEXT_LIST: "is not a list",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that can be wrong with a row: the condition in SQL, and the sentence about the value."""

    code: int
    column: str
    condition: str
    sentence: str
    shows_value: bool = False


def table_faults(table: Table, *, now: datetime) -> Iterator[Fault]:
    """Yield what can be wrong with a row of *table*, in the order in which it is looked for."""
    for position, column in enumerate(table.columns, start=1):
        raw, value = f'"given_{column.name}"', f'"{column.name}"'
        shows = not column.personal
        found = [
            (f"{raw} IS NULL", "is missing but required", False) if not column.nullable else None,
            (f"{raw} IS NOT NULL AND {value} IS NULL", _wrong_cell(column), shows),
            (f"{value} < {column.minimum}", _too_small(table, column), shows) if column.minimum is not None else None,
            (f"{value} > TIMESTAMP '{now}'", "lies in the future", shows)
            if _must_have_happened(table, column)
            else None,
        ]
        for kind, fault in enumerate(found):
            if fault is not None:
                condition, sentence, shows_value = fault
                code = position * 10 + kind
                yield Fault(
                    code=code, column=column.name, condition=condition, sentence=sentence, shows_value=shows_value
                )


def _wrong_cell(column: Column) -> str:
    if column.is_digest:
        return "is not 64 hexadecimal digits"
    return f"is not one of {', '.join(column.vocabulary)}" if column.vocabulary else _KIND_FAULTS[column.kind]


def _too_small(table: Table, column: Column) -> str:
    is_sale = table.name == "order_lines" and column.name == "qty"
    return f"is below {column.minimum}" + ("; what comes back belongs in returns and return_lines" if is_sale else "")


def _must_have_happened(table: Table, column: Column) -> bool:
    """Return whether *column* tells of something that has happened, so that it cannot lie in the future."""
    return column.kind is Kind.INSTANT and (column.name == table.event_at or not column.nullable)
