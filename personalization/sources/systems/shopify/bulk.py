"""The JSON lines of Shopify's bulk operations: one node a line, of any kind, children in any place.

A node is known by the kind in its id (``gid://shopify/LineItem/11``) and names its parent by ``__parentId``. Which
kinds there are depends on the query (docs/import-shopify.md), so one shape takes all of them. A list that is no
connection, such as an order's refunds, stands inside its node.
"""

from collections.abc import Mapping

import duckdb

from personalization.errors import BadInput
from personalization.sources.importing.adapter import Shape
from personalization.sources.importing.expressions import from_gid, quoted
from personalization.sources.systems.shopify import bulk_catalogue, bulk_orders, bulk_parcels, bulk_people, bulk_returns

# The kinds of node that are read, and of each the fields, as columns of a table shopify_<kind>.
FIELDS: Mapping[str, Mapping[str, str]] = {
    **bulk_orders.FIELDS,
    **bulk_returns.FIELDS,
    **bulk_parcels.FIELDS,
    **bulk_people.FIELDS,
    **bulk_catalogue.FIELDS,
}
# Lists that are no connections: their nodes stand inside the order.
_INSIDE_ORDERS = {"Fulfillment": "fulfillments", "Refund": "refunds"}
# Kinds that one file may hold twice: a parcel of two fulfilment orders comes with each of them.
_MAY_REPEAT = ("Fulfillment", "FulfillmentEvent", "FulfillmentLineItem")


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Build a table of each kind of node: file_row, id, parent and the fields; ids are the last part of their gid.

    Raises BadInput when no line is a node of Shopify.
    """
    connection.execute(
        "CREATE OR REPLACE TEMP VIEW shopify_nodes AS SELECT file_row, item,"
        " split_part(json_extract_string(item, '$.id'), '/', 4) AS kind FROM raw"
    )
    found = {str(kind) for (kind,) in connection.execute("SELECT DISTINCT kind FROM shopify_nodes").fetchall()}
    if not found & set(FIELDS):
        raise BadInput(
            "the JSON file has no line with an id such as gid://shopify/Order/1001; import the file that a bulk"
            " operation of Shopify gives, with the queries of docs/import-shopify.md"
        )
    for kind, fields in FIELDS.items():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE shopify_{kind.lower()} AS {_of_kind(kind, fields)}")
    for kind, column in _INSIDE_ORDERS.items():
        connection.execute(_of_orders(kind, column))


def _of_kind(kind: str, fields: Mapping[str, str]) -> str:
    """Return the SELECT of the nodes of one kind; each line is parsed once for all its fields."""
    paths = _paths(("$.id", "$.__parentId", *fields.values()))
    named = "".join(f", {_value(name, f'cells[{place}]')} AS {name}" for place, name in enumerate(fields, start=3))
    once = " QUALIFY row_number() OVER (PARTITION BY id ORDER BY file_row) = 1" if kind in _MAY_REPEAT else ""
    return (
        f"SELECT file_row, {from_gid('cells[1]')} AS id, {from_gid('cells[2]')} AS parent{named} FROM"
        f" (SELECT file_row, json_extract_string(item, [{paths}]) AS cells FROM shopify_nodes WHERE kind = '{kind}')"
        f"{once}"
    )


def _of_orders(kind: str, column: str) -> str:
    """Return the INSERT of the nodes of one kind that stand in a list inside their order."""
    fields = dict(FIELDS[kind])
    own = {name: _value(name, f"cells[{place}]") for place, name in enumerate(fields, start=2)}
    own["order_id"] = "order_id"
    cells = ", ".join(f"{value} AS {name}" for name, value in own.items())
    return (
        f"INSERT INTO shopify_{kind.lower()} BY NAME SELECT file_row, {from_gid('cells[1]')} AS id,"
        f" CAST(NULL AS VARCHAR) AS parent, {cells} FROM (SELECT file_row,"
        f" id AS order_id, json_extract_string(unnest(from_json({column}, '[\"JSON\"]')),"
        f" [{_paths(('$.id', *fields.values()))}]) AS cells FROM shopify_order WHERE {column} LIKE '[%')"
        f" WHERE {from_gid('cells[1]')} NOT IN (SELECT id FROM shopify_{kind.lower()})"
    )


def _paths(paths: tuple[str, ...]) -> str:
    return ", ".join(map(quoted, paths))


def _value(name: str, cell: str) -> str:
    return from_gid(cell) if name.endswith("_id") else cell


SHAPE = Shape(
    name="bulk_jsonl",
    format="json",
    required=("id",),
    prepare=_prepare,
    landings=(
        *bulk_people.LANDINGS,
        *bulk_catalogue.LANDINGS,
        *bulk_orders.LANDINGS,
        *bulk_parcels.LANDINGS,
        *bulk_returns.LANDINGS,
    ),
)
