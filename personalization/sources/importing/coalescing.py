"""One row a key: what several feeds say of the same thing, and what was said before."""

from personalization.contracts import CONSENT_STRICTNESS, Table

# Columns that are believed together: all from the best feed that knows the first of them.
_TOGETHER = {
    "shipments": ("status", "delivered_at"),
    "returns": ("state", "outcome", "approved_at", "received_at", "closed_at"),
    "tickets": ("status", "resolved_at"),
}
# Tables of words that are never replaced: every one that was ever said stays.
_APPEND_ONLY = ("consents",)
# received_at of a return is the day on which the goods came back (docs/adr/0003), so it has no versions to go back to.
_WITHOUT_PAST = ("returns", "consents")
# Who is believed, of several rows of one thing: the system that knows best, then what is newest.
BEST = "(_rank, -epoch_us(_last_at), _feed, _key)"
_REFUSALS = ("suppressed", "unsubscribed", "never")


def coalesced(table: Table, *, is_joined: bool) -> str:
    """Return the SELECT of the canonical rows of *table* from resolved_<table>, in the order of the key.

    is_joined says that several rows may speak of the same key.
    """
    order = ", ".join(f'"{name}"' for name in table.key)
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    if table.name == "tracking_events":
        return _scans(table)
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
    best = BEST
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


def _scans(table: Table) -> str:
    """Return the SELECT of every scan, once: platform and tracker tell of the same one under ids of their own."""
    columns = ", ".join(f'"{name}"' for name in table.column_names)
    same = "PARTITION BY shipment_id, status, date_trunc('second', occurred_at)"
    return (
        f"SELECT {columns} FROM (SELECT {_columns(table)} FROM resolved_tracking_events WHERE _is_newest"
        f" QUALIFY _system = first_value(_system) OVER ({same} ORDER BY {BEST})"
        f" AND row_number() OVER (PARTITION BY event_id ORDER BY {BEST}) = 1) ORDER BY event_id"
    )


def _words(table: Table) -> str:
    """Return the SELECT of every word on consent; of two at one instant the strictest.

    Words without a time are the difficult ones. Of one list the newest word counts from after all its others, so that
    no, yes, no ends as no. A refusal counts from just after the last yes with a time that is older than the file, for
    nobody can say that the yes came later. A yes counts from when the shop first saw it, and takes back no refusal that
    another list has, nor one that has a time: an old list must not undo what was said elsewhere.
    """
    ranks = " ".join(f"WHEN '{word}' THEN {rank}" for rank, word in enumerate(CONSENT_STRICTNESS))
    refusals = ", ".join(f"'{word}'" for word in _REFUSALS)
    columns = ", ".join(
        f'{_value(table, name)} AS "{name}"' if name != "captured_at" else '_said_at AS "captured_at"'
        for name in table.column_names
    )
    who = "customer_id, channel, purpose"
    return (
        f"WITH words AS (SELECT *, status IN ({refusals}) AS is_no FROM resolved_consents"
        " WHERE customer_id IS NOT NULL),"
        f" yes AS (SELECT {who}, max(captured_at) AS last_yes FROM words"
        " WHERE NOT _is_undated AND NOT is_no GROUP BY ALL),"
        # What refuses whatever a list without times says: every refusal with a time, and the newest word of each list.
        f" refused AS (SELECT DISTINCT {who}, CASE WHEN _is_undated THEN _feed ELSE '' END AS feed FROM words"
        " WHERE is_no AND (NOT _is_undated OR _is_newest)),"
        f" lists AS (SELECT {who}, _feed, max(_last_at) FILTER (WHERE NOT _is_newest) AS last_other FROM words"
        " WHERE _is_undated GROUP BY ALL),"
        " said AS (SELECT w.*, greatest(CASE WHEN _is_undated AND _is_first AND is_no AND yes.last_yes < captured_at"
        " THEN yes.last_yes + INTERVAL 1 SECOND ELSE captured_at END,"
        " CASE WHEN _is_undated AND _is_newest AND lists.last_other >= captured_at"
        " THEN lists.last_other + INTERVAL 1 SECOND END) AS _said_at FROM words AS w"
        f" LEFT JOIN yes USING ({who}) LEFT JOIN lists USING ({who}, _feed)"
        " WHERE NOT _is_undated OR is_no OR NOT EXISTS (SELECT 1 FROM refused AS r WHERE r.customer_id = w.customer_id"
        " AND r.channel = w.channel AND r.purpose = w.purpose AND r.feed <> w._feed))"
        f" SELECT {columns} FROM said QUALIFY row_number() OVER (PARTITION BY {who}, _said_at"
        f" ORDER BY CASE status {ranks} END, _rank, _feed, _key, _digest) = 1"
    )
