"""What the shop knew on a night: which rows are later, which cells hidden, which words read back from the dates.

A file tells how things stand today. On a past night a ticket that was solved since was open, and its solution must not
show. An instant at or after the night's end becomes null, and a word that would betray it is derived again from what is
left. Where nothing is hidden the words stay as they are: only the shop knows more than its dates say.
"""

from datetime import datetime

import duckdb

from personalization.contracts import Kind, Table

# Rows without a time of their own, or of no use without the other row, are known from when that one is known:
# table → (column, parent).
FOLLOWS = {
    "order_lines": ("order_id", "orders"),
    "shipments": ("order_id", "orders"),
    "shipment_lines": ("shipment_id", "shipments"),
    "return_lines": ("return_id", "returns"),
}
PARENTS = frozenset(parent for _, parent in FOLLOWS.values())
_RETURN_HIDDEN = "(is_hidden(approved_at) OR is_hidden(received_at) OR is_hidden(closed_at))"
# Whether a row's later course is hidden from the night; its lines then lose what only came of it.
HIDDEN = {"orders": "is_hidden(cancelled_at)", "returns": _RETURN_HIDDEN}
# Columns that would betray what is hidden: table → column → its value on the night.
_DERIVED = {
    "orders": {
        "financial_status": "CASE WHEN is_hidden(cancelled_at) THEN CASE financial_status"
        " WHEN 'voided' THEN 'authorized' WHEN 'refunded' THEN 'paid' ELSE financial_status END"
        " ELSE financial_status END"
    },
    "order_lines": {
        "qty_cancelled": "CASE WHEN NOT parent_is_hidden THEN qty_cancelled END",
        "qty_refunded": "CASE WHEN NOT parent_is_hidden THEN qty_refunded END",
    },
    "shipments": {
        "status": "CASE WHEN is_hidden(shipped_at) THEN 'label_created'"
        " WHEN is_hidden(delivered_at) AND status = 'delivered' THEN 'in_transit' ELSE status END"
    },
    "returns": {
        "state": f"CASE WHEN NOT {_RETURN_HIDDEN} THEN state WHEN as_known(closed_at) IS NOT NULL THEN state"
        " WHEN as_known(received_at) IS NOT NULL THEN 'received' WHEN as_known(approved_at) IS NOT NULL THEN 'approved'"
        " ELSE 'open' END",
        "outcome": f"CASE WHEN {_RETURN_HIDDEN} AND as_known(closed_at) IS NULL THEN NULL ELSE outcome END",
    },
    "return_lines": {
        "outcome": "CASE WHEN NOT parent_is_hidden THEN outcome END",
        "exchange_sku": "CASE WHEN NOT parent_is_hidden THEN exchange_sku END",
    },
    "claims": {
        "state": "CASE WHEN is_hidden(decided_at) THEN 'open'"
        " WHEN is_hidden(resolved_at) THEN CASE WHEN decided_at IS NULL THEN 'open' ELSE 'decided' END ELSE state END",
        "outcome": "CASE WHEN is_hidden(decided_at) OR (is_hidden(resolved_at) AND decided_at IS NULL) THEN NULL"
        " ELSE outcome END",
        "is_reopened": "CASE WHEN NOT is_hidden(resolved_at) THEN is_reopened END",
    },
    "tickets": {
        "status": "CASE WHEN is_hidden(resolved_at) THEN 'open' ELSE status END",
        "reopens": "CASE WHEN NOT is_hidden(resolved_at) THEN reopens END",
        "handle_minutes": "CASE WHEN NOT is_hidden(resolved_at) THEN handle_minutes END",
        "csat": "CASE WHEN NOT is_hidden(resolved_at) THEN csat END",
    },
}


def set_cutoff(connection: duckdb.DuckDBPyConnection, cutoff: datetime) -> None:
    """Make the SQL functions is_hidden(instant) and as_known(instant) known to *connection*.

    cutoff is the naive UTC instant at which the night ends; what happens at it is hidden.
    """
    instant = f"TIMESTAMP '{cutoff}'"
    connection.execute(f"CREATE OR REPLACE MACRO is_hidden(instant) AS coalesce(instant >= {instant}, false)")
    connection.execute(f"CREATE OR REPLACE MACRO as_known(instant) AS CASE WHEN instant < {instant} THEN instant END")


def is_later(table: Table) -> str:
    """Return the condition under which the shop had not learned of a row by the cutoff; without a time it had."""
    times = [f'typed."{name}"' for name in (table.learned_at, table.event_at) if name is not None]
    return f"is_hidden(coalesce({', '.join(times)}))"


def as_then(table: Table) -> str:
    """Return the SELECT list of *table* as it was at the cutoff, in the contract's order."""
    derived = _DERIVED.get(table.name, {})
    columns = []
    for column in table.columns:
        value = derived.get(column.name, f'"{column.name}"')
        if column.kind is Kind.INSTANT and column.nullable:
            value = f'as_known("{column.name}")'
        columns.append(f'{value} AS "{column.name}"')
    return ", ".join(columns)
