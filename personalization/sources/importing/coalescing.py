"""One row a key: what several feeds say of the same thing, and what was said before."""

from personalization.contracts import CONSENT_STRICTNESS, Table

# Columns that are believed together: all from the best feed that knows the first of them.
_TOGETHER = {
    "shipments": ("status", "delivered_at"),
    "returns": ("state", "outcome", "approved_at", "received_at", "closed_at"),
}
# Tables of words that are never replaced: every one that was ever said stays.
_APPEND_ONLY = ("consents",)
# received_at of a return is the day on which the goods came back (docs/adr/0003), so it has no versions to go back to.
_WITHOUT_PAST = ("returns", "consents")
_REFUSALS = ("suppressed", "unsubscribed", "never")


def coalesced(table: Table, *, is_joined: bool) -> str:
    """Return the SELECT of the canonical rows of *table* from resolved_<table>, in the order of the key.

    is_joined says that several rows may speak of the same key.
    """
    order = ", ".join(f'"{name}"' for name in table.key)
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    if table.name in _APPEND_ONLY:
        return f"SELECT {columns} FROM ({_words(table)}) ORDER BY {order}"
    rows = f"SELECT {_columns(table)} FROM resolved_{table.name} WHERE _is_newest{_better_known(table)}"
    if is_joined:
        rows = _joined(table)
    return f"SELECT {columns} FROM ({rows}) ORDER BY {order}"


def as_known_at(table: Table) -> str:
    """Return the SELECT of the rows as they were before their newest version, for looks at past nights."""
    order = ", ".join(f'"{name}"' for name in table.key)
    none = " AND false" if table.name in _WITHOUT_PAST else ""
    return (
        f"SELECT {_columns(table)} FROM resolved_{table.name} WHERE NOT _is_newest{none}"
        f" QUALIFY row_number() OVER (PARTITION BY {order}, _received_at ORDER BY _rank, _last_at DESC, _key) = 1"
        f" ORDER BY {order}, _received_at"
    )


def _columns(table: Table) -> str:
    return ", ".join(f'{_value(table, name)} AS "{name}"' for name in table.column_names)


def _value(table: Table, name: str) -> str:
    """Return the SQL of a column that the assembly knows better than the landed row."""
    if name == "received_at" and table.name != "returns":
        return "_received_at"
    if name == "is_received_assumed":
        return "_is_assumed"
    if name == "order_id" and table.name not in ("orders", "order_lines"):
        return 'coalesce("order_id", _order_text)' if _is_required(table, name) else '"order_id"'
    return f'"{name}"'


def _is_required(table: Table, name: str) -> bool:
    return any(column.name == name and not column.nullable for column in table.columns)


def _better_known(table: Table) -> str:
    """Return the condition that leaves a return to the returns tool where that tool knows the order."""
    if table.name not in ("returns", "return_lines"):
        return ""
    mine = "return_id" if table.name == "return_lines" else "_key"
    return f" AND {mine} NOT IN (SELECT return_id FROM told_twice WHERE told_twice._feed = resolved_{table.name}._feed)"


def _joined(table: Table) -> str:
    """Return the SELECT of one row a key, each cell from the best feed that has it, the newer one of equals."""
    keys = ", ".join(f'"{name}"' for name in table.key)
    best = "(_rank, -epoch_us(_last_at), _feed)"
    together = _TOGETHER.get(table.name, ())
    cells = []
    for name in table.column_names:
        value = _value(table, name)
        if name in table.key:
            cells.append(f'"{name}"')
        elif name == "received_at" and table.name != "returns":
            cells.append(f'max({value}) AS "{name}"')
        elif name == "is_received_assumed":
            cells.append(f'bool_and({value}) AS "{name}"')
        elif name in together:
            known = f'"{together[0]}" IS NOT NULL AND "{together[0]}" <> \'unknown\''
            fallback = f"arg_min({value}, {best})" if name == together[0] else "NULL"
            cells.append(f'coalesce(arg_min_null({value}, {best}) FILTER (WHERE {known}), {fallback}) AS "{name}"')
        elif name == table.event_at:  # a moment that a system tells, before one that only the file's age stands for
            cells.append(f'arg_min({value}, (_rank, _is_undated, -epoch_us(_last_at), _feed)) AS "{name}"')
        elif name == "order_id" and _is_required(table, name) and table.name != "order_lines":
            cells.append(f'coalesce(arg_min("order_id", {best}), arg_min(_order_text, {best})) AS "{name}"')
        else:
            cells.append(f'arg_min({value}, {best}) AS "{name}"')
    return (
        f"SELECT {', '.join(cells)} FROM resolved_{table.name} WHERE _is_newest{_better_known(table)} GROUP BY {keys}"
    )


def _words(table: Table) -> str:
    """Return the SELECT of every word on consent; of two at one instant the strictest.

    A refusal whose time is not known counts from just after the last yes that is older than the file: nobody can say
    that the yes came later. A yes whose time is not known counts from when the shop first saw it, and takes back no
    refusal that has a time: an old list of one system must not undo what was said to another.
    """
    ranks = " ".join(f"WHEN '{word}' THEN {rank}" for rank, word in enumerate(CONSENT_STRICTNESS))
    refusals = ", ".join(f"'{word}'" for word in _REFUSALS)
    columns = ", ".join(
        f'{_value(table, name)} AS "{name}"' if name != "captured_at" else '_said_at AS "captured_at"'
        for name in table.column_names
    )
    return (
        "WITH yes AS (SELECT customer_id, channel, purpose, max(captured_at) AS last_yes FROM resolved_consents"
        f" WHERE NOT _is_undated AND status NOT IN ({refusals}) GROUP BY ALL),"
        " refused AS (SELECT DISTINCT customer_id, channel, purpose FROM resolved_consents"
        f" WHERE NOT _is_undated AND status IN ({refusals})),"
        " said AS (SELECT r.*, CASE WHEN _is_undated AND _is_first"
        f" AND status IN ({refusals}) AND yes.last_yes < captured_at THEN yes.last_yes + INTERVAL 1 SECOND"
        " ELSE captured_at END AS _said_at FROM resolved_consents AS r"
        " LEFT JOIN yes USING (customer_id, channel, purpose) LEFT JOIN refused USING (customer_id, channel, purpose)"
        f" WHERE r.customer_id IS NOT NULL AND (NOT _is_undated OR status IN ({refusals}) OR refused.channel IS NULL))"
        f" SELECT {columns} FROM said QUALIFY row_number() OVER (PARTITION BY customer_id, channel, purpose, _said_at"
        f" ORDER BY CASE status {ranks} END, _rank, _feed, _key) = 1"
    )
