"""Assembles the canonical tables out of everything that ever landed: people joined, orders found, one row a key.

The tables are a function of the landed rows alone, so the order in which files came makes no difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from personalization.contracts import TABLES, Table
from personalization.sources.importing.adapter import REFERENCES
from personalization.sources.importing.coalescing import as_known_at, coalesced
from personalization.sources.importing.feeds import Feed
from personalization.sources.importing.identity import identify, normalise_phones, plain_email, plain_name
from personalization.sources.importing.linking import build_links, linked
from personalization.sources.importing.mention import PEOPLE, email_of, kind_of, mention_key, phone_of
from personalization.sources.reading import quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """How many rows of a table found what they refer to in another."""

    table: str
    column: str
    rows: int
    joined: int


def assemble(
    connection: duckdb.DuckDBPyConnection,
    feeds: Mapping[str, list[Feed]],
    *,
    keep_apart: list[tuple[str, str]],
    region: str | None,
) -> list[Joined]:
    """Build ``out_<table>`` and ``past_<table>``, the rows as they were before, of each table that has a feed.

    Also builds ``identities`` and ``merges`` (see identity). region is where telephone numbers are from.
    """
    for name, of_table in feeds.items():
        _load(connection, TABLES[name], of_table)
    for name in TABLES:
        if name not in feeds:
            connection.execute(f"CREATE OR REPLACE VIEW landed_{name} AS {_nothing(TABLES[name])}")
    _find_people(connection, region=region, keep_apart=keep_apart)
    build_links(connection)
    joined: list[Joined] = []
    for name, of_table in feeds.items():
        table = TABLES[name]
        # Another system's rows may lead to one and the same person or parcel, so its keys are not unique either.
        is_joined = len(of_table) > 1 or any(feed.system.role not in ("platform", "any") for feed in of_table)
        connection.execute(f"CREATE OR REPLACE TABLE resolved_{name} AS {linked(table)}")
        joined.extend(_count_joins(connection, table))
        connection.execute(f"CREATE OR REPLACE TABLE out_{name} AS {coalesced(table, is_joined=is_joined)}")
        connection.execute(f"CREATE OR REPLACE TABLE past_{name} AS {as_known_at(table)}")
        connection.execute(f"DROP TABLE resolved_{name}")
    _add_people(connection, has_customers="customers" in feeds)
    return joined


def _load(connection: duckdb.DuckDBPyConnection, table: Table, feeds: list[Feed]) -> None:
    """Build landed_<table>: the versions of all feeds, the newest of each row marked, rows that are gone left out."""
    selects = []
    for feed in feeds:
        connection.execute(f"CREATE OR REPLACE TEMP VIEW feed AS SELECT * FROM read_parquet({quoted(feed.path)})")
        newest = _newest(connection)
        gone = "false"
        if feed.landing.parent is not None:
            column, parent = feed.landing.parent
            gone = (
                f"EXISTS (SELECT 1 FROM landed_{parent} AS parent WHERE parent._feed = '{feed.name}'"
                f' AND parent._is_newest AND parent._key = versions."{column}" AND parent._last_at > versions._last_at)'
            )
        gone = f"{gone} OR {_is_told_with_ids(feed, feeds)}"
        event = f'"{table.event_at}"' if table.event_at is not None else "CAST(NULL AS TIMESTAMP)"
        lag = f"to_seconds({feed.lag.total_seconds():.0f})"
        own = "received_at" if feed.landing.carried_at else "CAST(NULL AS TIMESTAMP)"
        is_first = f"_learned_at = TIMESTAMP '{feed.first_at}'"
        learned = f"CASE WHEN {is_first} THEN coalesce({own}, {event} + {lag}) ELSE _learned_at END"
        selects.append(
            f"SELECT *, '{feed.name}' AS _feed, '{feed.system.name}' AS _system, {feed.rank} AS _rank,"
            f" {str(_is_platform(feed)).lower()} AS _is_platform,"
            f" {learned} AS _received_at, {is_first} AND {own} IS NULL AS _is_assumed, {is_first} AS _is_first,"
            f" {newest} AS _is_newest"
            f" FROM read_parquet({quoted(feed.path)}) AS versions WHERE NOT ({gone})"
        )
    connection.execute(f"CREATE OR REPLACE TABLE landed_{table.name} AS {' UNION ALL BY NAME '.join(selects)}")


def _is_platform(feed: Feed) -> bool:
    """Return whether the customers that a feed's rows name are accounts of the shop."""
    return feed.system.role in ("platform", "any") and not feed.landing.names_by_reference


def _is_told_with_ids(feed: Feed, feeds: list[Feed]) -> str:
    """Return the SQL of whether another shape of the system has the rows of an order, with ids of their own."""
    if not feed.landing.has_made_up_key:
        return "false"
    others = [
        f"versions.order_id IN (SELECT order_id FROM read_parquet({quoted(other.path)}))"
        for other in feeds
        if other.system.name == feed.system.name and not other.landing.has_made_up_key
    ]
    return f"({' OR '.join(others) or 'false'})"


def _newest(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the SQL of whether a version is the newest of its row; where no row has two, all are."""
    [(repeats,)] = connection.execute("SELECT count(*) - count(DISTINCT _key) FROM feed").fetchall()
    if not repeats:
        return "true"
    return "row_number() OVER (PARTITION BY _key ORDER BY _last_at DESC, _learned_at DESC, _digest) = 1"


def _nothing(table: Table) -> str:
    """Return an empty landed table."""
    columns = ", ".join(f'CAST(NULL AS {column.kind}) AS "{column.name}"' for column in table.columns)
    texts = ", ".join(f"CAST(NULL AS VARCHAR) AS {name}" for name in (*REFERENCES, "_key", "_feed", "_system"))
    moments = ", ".join(f"CAST(NULL AS TIMESTAMP) AS {name}" for name in ("_last_at", "_learned_at", "_received_at"))
    flags = ", ".join(
        f"false AS {name}" for name in ("_is_platform", "_is_assumed", "_is_first", "_is_newest", "_is_undated")
    )
    return f"SELECT {columns}, {texts}, {moments}, {flags}, 0 AS _rank WHERE false"


def _find_people(
    connection: duckdb.DuckDBPyConnection, *, region: str | None, keep_apart: list[tuple[str, str]]
) -> None:
    """Build accounts and mentions, and from them identities and merges; each landed row keeps its mention's key."""
    rows = " UNION ALL ".join(
        f"SELECT DISTINCT {phone_of(name, 'l')} AS phone FROM landed_{name} AS l" for name in PEOPLE
    )
    connection.execute(f"CREATE OR REPLACE TEMP TABLE written_phones AS {rows}")
    normalise_phones(connection, region=region)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE accounts AS SELECT customer_id, "
        f"arg_min({plain_email('email')}, (_rank, _feed)) AS email, arg_min(phones.e164, (_rank, _feed)) AS phone,"
        f" arg_min({plain_name('_name')}, (_rank, _feed)) AS name, min(created_at) AS created_at"
        " FROM landed_customers AS c LEFT JOIN phones ON phones.phone = c.phone"
        " WHERE _is_platform AND _is_newest GROUP BY customer_id"
    )
    mentions = " UNION ALL BY NAME ".join(_mentions(name) for name in PEOPLE)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE mentions AS SELECT mention, any_value(kind) AS kind, any_value(system) AS system,"
        " any_value(own_id) AS own_id, any_value(person_id) AS person_id, any_value(email) AS email,"
        f" any_value(phone) AS phone, any_value(name) AS name FROM ({mentions}) GROUP BY mention"
    )
    identify(connection, keep_apart=keep_apart)


def _mentions(name: str) -> str:
    """Return the SELECT of the people that a table's rows name, but for a platform's own customers."""
    email = email_of(name, "m")
    return (
        f"SELECT DISTINCT {mention_key(name, 'm')} AS mention, '{kind_of(name)}' AS kind, m._system AS system,"
        f" m.customer_id AS own_id, m._person_id AS person_id, {plain_email(email)} AS email, phones.e164 AS phone,"
        f" {plain_name('m._name')} AS name FROM landed_{name} AS m"
        f" LEFT JOIN phones ON phones.phone = {phone_of(name, 'm')}"
        " WHERE NOT (m._is_platform AND m.customer_id IS NOT NULL)"
        f" AND coalesce(m._person_id, {email}, {phone_of(name, 'm')}, m.customer_id) IS NOT NULL"
    )


def _count_joins(connection: duckdb.DuckDBPyConnection, table: Table) -> list[Joined]:
    """Count, of the newest rows, how many lead to a customer and to an order that is known."""
    counted = []
    for column, target in (("customer_id", "known_customers"), ("order_id", "known_orders")):
        if column not in table.column_names or column in table.key:
            continue
        [(rows, joined)] = connection.execute(
            f"SELECT count(*), count(known.id) FROM resolved_{table.name} AS r LEFT JOIN {target} AS known"
            f' ON known.id = r."{column}" WHERE r._is_newest'
        ).fetchall()
        counted.append(Joined(table=table.name, column=column, rows=int(rows), joined=int(joined)))
    return counted


def _add_people(connection: duckdb.DuckDBPyConnection, *, has_customers: bool) -> None:
    """Add guests and merges to out_customers, which is made where no feed has customers."""
    table = TABLES["customers"]
    if not has_customers:
        [(guests,)] = connection.execute("SELECT count(*) FROM guests").fetchall()
        if not guests:
            return
        empty = ", ".join(f'CAST(NULL AS {column.kind}) AS "{column.name}"' for column in table.columns)
        connection.execute(f"CREATE OR REPLACE TABLE out_customers AS SELECT {empty} WHERE false")
        connection.execute("CREATE OR REPLACE TABLE past_customers AS SELECT * FROM out_customers")
    connection.execute(
        "INSERT INTO out_customers BY NAME SELECT g.customer_id, min(g.email) AS email, min(g.phone) AS phone,"
        " min(o.placed_at) AS created_at, min(o._received_at) AS received_at, true AS is_received_assumed"
        " FROM guests AS g INNER JOIN order_mentions AS o ON o.mention = g.mention"
        " WHERE g.customer_id NOT IN (SELECT customer_id FROM out_customers) GROUP BY g.customer_id"
    )
    connection.execute(
        "UPDATE out_customers SET merged_into = merges.merged_into FROM merges"
        " WHERE merges.customer_id = out_customers.customer_id AND out_customers.merged_into IS NULL"
    )
    connection.execute("CREATE OR REPLACE TABLE out_customers AS SELECT * FROM out_customers ORDER BY customer_id")
