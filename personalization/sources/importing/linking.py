"""Finds what rows of one system refer to in another: the customer, the order, the parcel, the order line."""

import duckdb

from personalization.contracts import Table
from personalization.sources.importing.mention import mention_key

_OPEN_RETURNS = "'open', 'approved', 'received', 'needs_review'"
_SAME_RETURN_DAYS = 3  # our choice: a returns tool writes its returns into the platform within days
_OWN_ORDERS = ("orders", "order_lines")
_PARENTS = {"return_lines": ("returns", "return_id"), "shipment_lines": ("shipments", "shipment_id")}
_BOOKKEEPING = (
    "_key",
    "_digest",
    "_feed",
    "_system",
    "_rank",
    "_is_platform",
    "_last_at",
    "_learned_at",
    "_received_at",
    "_is_assumed",
    "_is_first",
    "_is_newest",
    "_is_undated",
)


def _order_joins(row: str, found: str) -> str:
    """Return the joins that look a row's order up: by what it calls the order, and by its order_id."""
    named = order_reference(f"{row}._order")
    # An order_id that only repeats the name, for want of an id, is no second reference.
    own = f"CASE WHEN {row}.order_id IS DISTINCT FROM {row}._order THEN {row}.order_id END"
    by_id = order_reference(own)
    return (
        f"LEFT JOIN order_of AS {found} ON {found}.reference = {named}"
        f" LEFT JOIN order_of AS {found}_by_id ON {found}_by_id.reference = {by_id}"
    )


def _order_found(found: str) -> str:
    """Return the SQL of the order that a row is about; where its two references lead to two orders, to neither."""
    named = f"coalesce({found}.by_name, {found}.by_id)"
    by_id = f"coalesce({found}_by_id.by_id, {found}_by_id.by_name)"
    return f"CASE WHEN {named} <> {by_id} THEN NULL ELSE coalesce({named}, {by_id}) END"


def order_reference(expression: str) -> str:
    """Return the SQL of an order's name or id as it is compared: lower case, no sign of number, no white space."""
    return f"nullif(replace(replace(lower(trim({expression})), '#', ''), ' ', ''), '')"


def tracking_reference(expression: str) -> str:
    """Return the SQL of a tracking number as it is compared: letters and digits alone, upper case."""
    return f"nullif(regexp_replace(upper({expression}), '[^A-Z0-9]', '', 'g'), '')"


def build_links(connection: duckdb.DuckDBPyConnection) -> None:
    """Build known_orders, known_customers, known_lines, order_of, parcel_of, line_of, told_twice, buyers, mentions.

    A name that two orders bear leads to neither. A return that the platform and a returns tool both tell of is the
    tool's (told_twice), unless the tool's are all over and older. Of an order's buyer one
    of the platform's exports may give the id, and another the address alone: the id counts (buyers).
    """
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE known_orders AS"
        " SELECT DISTINCT order_id AS id FROM landed_orders WHERE _is_newest"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE known_customers AS SELECT customer_id AS id FROM accounts"
        " UNION SELECT customer_id FROM guests"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE order_of AS WITH named AS ("
        f"SELECT {order_reference('order_id')} AS reference, order_id, true AS is_id FROM landed_orders"
        f" WHERE _is_newest UNION SELECT {order_reference('name')}, order_id, false FROM landed_orders"
        " WHERE _is_newest)"
        " SELECT reference, CASE WHEN count(DISTINCT order_id) FILTER (WHERE is_id) = 1"
        " THEN min(order_id) FILTER (WHERE is_id) END AS by_id,"
        " CASE WHEN count(DISTINCT order_id) FILTER (WHERE NOT is_id) = 1"
        " THEN min(order_id) FILTER (WHERE NOT is_id) END AS by_name"
        " FROM named WHERE reference IS NOT NULL GROUP BY reference"
    )
    _build_parcels(connection)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE known_lines AS SELECT DISTINCT order_line_id AS id FROM landed_order_lines"
        " WHERE _is_newest"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE line_of AS SELECT order_id, sku, order_line_id,"
        " row_number() OVER same - 1 AS place, count(*) OVER (PARTITION BY order_id, sku) AS places"
        " FROM (SELECT DISTINCT order_id, sku, order_line_id FROM landed_order_lines WHERE _is_newest)"
        " WINDOW same AS (PARTITION BY order_id, sku ORDER BY order_line_id)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE told_twice AS WITH told AS ("
        f"SELECT l._feed, l._system, l._rank, l._key AS return_id, {_order_found('told_of')} AS order_id,"
        f" l.requested_at, l.state IN ({_OPEN_RETURNS}) AS is_open"
        f" FROM landed_returns AS l {_order_joins('l', 'told_of')} WHERE l._is_newest)"
        " SELECT DISTINCT t._feed, t.return_id FROM told AS t INNER JOIN told AS better"
        " ON better.order_id = t.order_id AND better._system <> t._system AND better._rank < t._rank"
        f" AND (better.is_open OR better.requested_at >= t.requested_at - to_days({_SAME_RETURN_DAYS}))"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE buyers AS"
        " SELECT order_id, arg_max(customer_id, (_last_at, customer_id)) AS customer_id FROM landed_orders"
        " WHERE _is_platform AND _is_newest AND customer_id IS NOT NULL GROUP BY order_id"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE order_mentions AS SELECT {mention_key('orders', 'l')} AS mention, placed_at,"
        " _received_at FROM landed_orders AS l WHERE _is_newest AND customer_id IS NULL"
        " AND order_id NOT IN (SELECT order_id FROM buyers)"
    )


def _build_parcels(connection: duckdb.DuckDBPyConnection) -> None:
    """Build parcel_of: the platform's parcel that another system's parcel is, found by the tracking number.

    Carriers give a number again after some months, so what was last changed before the order was placed is another
    parcel; of several with one number the one with a known status counts, then the newest.
    """
    tracked = tracking_reference("tracking_no")
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE parcel_of AS WITH own AS ("
        f"SELECT {tracked} AS tracking, min(s.shipment_id) AS shipment_id, min(o.placed_at) AS placed_at"
        " FROM landed_shipments AS s LEFT JOIN landed_orders AS o ON o.order_id = s.order_id AND o._is_newest"
        f" WHERE s._is_platform AND s._is_newest AND {tracked} IS NOT NULL"
        " GROUP BY 1 HAVING count(DISTINCT s.shipment_id) = 1)"
        " SELECT s._system, s.shipment_id AS own_id, own.shipment_id FROM landed_shipments AS s"
        f" INNER JOIN own ON own.tracking = {tracking_reference('s.tracking_no')}"
        " WHERE NOT s._is_platform AND s._is_newest AND coalesce(s._last_at >= own.placed_at, true)"
        " QUALIFY row_number() OVER (PARTITION BY s._system, own.shipment_id"
        " ORDER BY s.status = 'unknown', s._last_at DESC, s.shipment_id, s._feed) = 1"
    )


def refers_to_others(table: Table) -> bool:
    """Return whether the rows of a table name customers, orders, parcels or lines that have to be looked up."""
    if table.name in _OWN_ORDERS:
        return "customer_id" in table.column_names
    return bool({"customer_id", "order_id", "shipment_id", "order_line_id"} & set(table.column_names))


def linked(table: Table) -> str:
    """Return the SELECT of a landed table whose rows name customers, orders, parcels and lines by canonical ids.

    A reference that leads nowhere is null in customer_id; in order_id of another system's rows it is null too, and
    _order_text keeps the words.
    """
    values, joins = {}, []
    if "customer_id" in table.column_names:
        joins.append(f"LEFT JOIN identities ON identities.mention = {mention_key(table.name, 'l')}")
        own = "CASE WHEN l._is_platform THEN l.customer_id END"
        if table.name == "orders":
            joins.append("LEFT JOIN buyers ON buyers.order_id = l.order_id")
            own = f"coalesce({own}, buyers.customer_id)"
        values["customer_id"] = f"coalesce({own}, identities.customer_id)"
    if "order_id" in table.column_names and table.name not in _OWN_ORDERS:
        joins.append(_order_joins("l", "found"))
        values["order_id"] = _order_found("found")
    if table.name in ("shipments", "shipment_lines", "tracking_events"):
        joins.append("LEFT JOIN parcel_of ON parcel_of._system = l._system AND parcel_of.own_id = l.shipment_id")
        values["shipment_id"] = "coalesce(parcel_of.shipment_id, l.shipment_id)"
    if table.name in _PARENTS:
        parent, column = _PARENTS[table.name]
        joins.append(
            f"LEFT JOIN landed_{parent} AS p ON p._feed = l._feed AND p._key = l.{column} AND p._is_newest"
            f" {_order_joins('p', 'of_parent')}"
            " LEFT JOIN known_lines ON known_lines.id = l.order_line_id"
            # The first line that names a product is the order's first line with it, the second the second.
            f" LEFT JOIN line_of ON line_of.order_id = {_order_found('of_parent')} AND line_of.sku = l._sku"
            " AND line_of.place = (l._place - 1) % line_of.places"
        )
        values["order_line_id"] = "coalesce(known_lines.id, line_of.order_line_id, l.order_line_id)"
    own = ", ".join(f'{values.get(name, f"l.{name}")} AS "{name}"' for name in table.column_names)
    kept = ", ".join(f"l.{name}" for name in _BOOKKEEPING)
    text = ', coalesce(l._order, l."order_id") AS _order_text' if "order_id" in values else ""
    rows = f"landed_{table.name}"
    if table.name in _PARENTS:
        same = f"_feed, {_PARENTS[table.name][1]}, _sku, _is_newest"
        place = f"row_number() OVER (PARTITION BY {same} ORDER BY _key, _last_at, _digest)"
        rows = f"(SELECT *, {place} AS _place FROM {rows})"
    return f"SELECT {own}, {kept}{text} FROM {rows} AS l {' '.join(joins)}"
