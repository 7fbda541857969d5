"""Assembles the canonical tables out of everything that ever landed: people joined, orders found, one row a key.

The tables are a function of the landed rows alone, so the order in which files came makes no difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from personalization.contracts import TABLES, Table
from personalization.errors import BadInput
from personalization.sources.importing.adapter import REFERENCES
from personalization.sources.importing.coalescing import BEST, as_known_at, coalesced
from personalization.sources.importing.expressions import quoted as quoted_text
from personalization.sources.importing.feeds import Feed
from personalization.sources.importing.identity import identify, normalise_phones, plain_email, plain_name
from personalization.sources.importing.linking import build_links, linked, refers_to_others
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

    Both may be views, so each is read once, by who writes it down. Also builds ``identities`` and ``merges`` (see
    identity). region is where telephone numbers are from.
    """
    for name, of_table in feeds.items():
        _load(connection, TABLES[name], of_table)
    for name in TABLES:
        if name not in feeds:
            connection.execute(f"CREATE OR REPLACE TEMP VIEW landed_{name} AS {_nothing(TABLES[name])}")
    for name, of_table in feeds.items():
        _refuse_ids_of_two(connection, name, of_table)
    _find_people(connection, region=region, keep_apart=keep_apart)
    build_links(connection)
    joined: list[Joined] = []
    for name, of_table in feeds.items():
        table = TABLES[name]
        # Another system's rows may lead to one and the same person or parcel, so its keys are not unique either.
        is_joined = len(of_table) > 1 or any(feed.system.role not in ("platform", "any") for feed in of_table)
        # What is joined is written down, since it is read three times; what is not is as cheap to read again.
        kind = "TABLE" if refers_to_others(table) else "VIEW"
        connection.execute(f"CREATE OR REPLACE TEMP {kind} resolved_{name} AS {linked(table)}")
        joined.extend(_count_joins(connection, table))
        kind = "TABLE" if name == "customers" else "VIEW"  # guests and merges are still to come
        connection.execute(f"CREATE OR REPLACE TEMP {kind} out_{name} AS {coalesced(table, is_joined=is_joined)}")
        connection.execute(f"CREATE OR REPLACE TEMP VIEW past_{name} AS {as_known_at(table)}")
    _add_people(connection, has_customers="customers" in feeds)
    return joined


# What several systems of one kind number each for itself.
_NUMBERED = {"orders": "order_id", "tickets": "ticket_id", "returns": "return_id", "customers": "customer_id"}


def _refuse_ids_of_two(connection: duckdb.DuckDBPyConnection, name: str, feeds: list[Feed]) -> None:
    """Raise BadInput when two systems of one kind give the same id to what are surely two things.

    Taken for one, an open ticket of the new helpdesk would be solved because an old one's ticket was.
    """
    roles: dict[str, set[str]] = {}
    for feed in feeds:
        roles.setdefault(feed.system.role, set()).add(feed.system.name)
    for role, systems in roles.items():
        if name not in _NUMBERED or role in ("any", "esp", "tracker") or len(systems) < 2:
            continue
        key, named = _NUMBERED[name], sorted(systems)
        listed = ", ".join(quoted_text(system) for system in named)
        [(count,)] = connection.execute(
            f"SELECT count(*) FROM (SELECT {key} FROM landed_{name} WHERE _system IN ({listed}) AND _is_newest"
            f" GROUP BY {key} HAVING count(DISTINCT _system) > 1)"
        ).fetchall()
        if count:
            raise BadInput(
                f"{name}: {count:,} have the same {key} in {' and in '.join(named)}, so they would be taken for one;"
                " import each into a folder of its own, or give one of them other ids by a mapping"
            )


def _load(connection: duckdb.DuckDBPyConnection, table: Table, feeds: list[Feed]) -> None:
    """Build landed_<table>: the versions of all feeds, and of each whether it is the row's newest and not gone."""
    selects = []
    for place, feed in enumerate(feeds):
        left_behind = f"left_behind_{table.name}_{place}"
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {left_behind} AS {_left_behind(connection, feed)}")
        [(count,)] = connection.execute(f"SELECT count(*) FROM {left_behind}").fetchall()
        newest = f"_digest NOT IN (SELECT _digest FROM {left_behind})" if count else "true"
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
            f" FROM read_parquet({quoted(feed.path)}) AS versions WHERE NOT {_is_told_with_ids(feed, feeds)}"
        )
    connection.execute(f"CREATE OR REPLACE TEMP VIEW landed_{table.name} AS {' UNION ALL BY NAME '.join(selects)}")


def _strictness(name: str) -> str:
    """Return the SQL that orders two words of one instant: where it matters, the one that leaves alone comes first."""
    guard = TABLES[name].must_be_whole
    if guard is None or guard.column is None:
        return "0"
    ranks = " ".join(f"WHEN '{word}' THEN {rank}" for rank, word in enumerate(guard.words))
    return f'CASE "{guard.column}" {ranks} END'


def _left_behind(connection: duckdb.DuckDBPyConnection, feed: Feed) -> str:
    """Return the SELECT of the versions that a newer one replaced, or that their parent's newest one has no more."""
    versions = f"read_parquet({quoted(feed.path)})"
    [(repeats,)] = connection.execute(f"SELECT count(*) - count(DISTINCT _key) FROM {versions}").fetchall()
    older = (
        f"SELECT _digest FROM {versions} WHERE _key IN (SELECT _key FROM {versions} GROUP BY _key HAVING count(*) > 1)"
        " QUALIFY row_number() OVER (PARTITION BY _key"
        f" ORDER BY _last_at DESC, _learned_at DESC, {_strictness(feed.landing.table)}, _digest) > 1"
        if repeats
        else f"SELECT _digest FROM {versions} WHERE false"
    )
    if feed.landing.parent is None:
        return older
    column, parent = feed.landing.parent
    siblings = (
        f' INNER JOIN (SELECT "{column}" AS key, max(_last_at) AS newest FROM {versions} GROUP BY ALL) AS siblings'
        " ON siblings.key = parent._key AND siblings.newest >= parent._last_at"
        if feed.landing.may_be_left_out
        else ""
    )
    return (
        f"{older} UNION SELECT versions._digest FROM {versions} AS versions INNER JOIN landed_{parent} AS parent"
        f" ON parent._feed = '{feed.name}' AND parent._is_newest AND parent._key = versions.\"{column}\""
        f" AND parent._last_at > versions._last_at{siblings}"
    )


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


def _nothing(table: Table) -> str:
    """Return an empty landed table."""
    columns = ", ".join(f'CAST(NULL AS {column.kind}) AS "{column.name}"' for column in table.columns)
    texts = ", ".join(f"CAST(NULL AS VARCHAR) AS {name}" for name in (*REFERENCES, "_key", "_feed", "_system"))
    moments = ", ".join(f"CAST(NULL AS TIMESTAMP) AS {name}" for name in ("_last_at", "_learned_at", "_received_at"))
    flags = ", ".join(
        f"false AS {name}" for name in ("_is_platform", "_is_assumed", "_is_first", "_is_newest", "_is_undated")
    )
    return f"SELECT {columns}, {texts}, {moments}, {flags}, 0 AS _rank, CAST(0 AS UBIGINT) AS _digest WHERE false"


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
        f"arg_min({plain_email('email')}, {BEST}) AS email, arg_min(phones.e164, {BEST}) AS phone,"
        f" arg_min({plain_name('_name')}, {BEST}) AS name, min(created_at) AS created_at"
        " FROM landed_customers AS c LEFT JOIN phones ON phones.phone = c.phone"
        " WHERE _is_platform AND _is_newest GROUP BY customer_id"
    )
    # A buyer whom no list of customers has: known by the orders alone.
    connection.execute(
        f"INSERT INTO accounts SELECT customer_id, arg_min({plain_email('_email')}, {BEST}),"
        f" arg_min(phones.e164, {BEST}), arg_min({plain_name('_name')}, {BEST}), min(placed_at)"
        " FROM landed_orders AS o LEFT JOIN phones ON phones.phone = o._phone"
        " WHERE _is_platform AND _is_newest AND customer_id IS NOT NULL"
        " AND customer_id NOT IN (SELECT customer_id FROM accounts) AND coalesce(_email, _phone) IS NOT NULL"
        " GROUP BY customer_id"
    )
    mentions = " UNION ALL BY NAME ".join(_mentions(name) for name in PEOPLE)
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE mentions AS SELECT mention, min(kind) AS kind, min(system) AS system,"
        " min(own_id) AS own_id, min(person_id) AS person_id, min(email) AS email,"
        f" min(phone) AS phone, min(name) AS name FROM ({mentions}) GROUP BY mention"
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
        [(others,)] = connection.execute("SELECT (SELECT count(*) FROM guests) + count(*) FROM accounts").fetchall()
        if not others:
            return
        empty = ", ".join(f'CAST(NULL AS {column.kind}) AS "{column.name}"' for column in table.columns)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE out_customers AS SELECT {empty} WHERE false")
        connection.execute(f"CREATE OR REPLACE TEMP VIEW past_customers AS SELECT {empty} WHERE false")
    connection.execute(
        "INSERT INTO out_customers BY NAME SELECT g.customer_id, min(g.email) AS email, min(g.phone) AS phone,"
        " min(o.placed_at) AS created_at, min(o._received_at) AS received_at, true AS is_received_assumed"
        " FROM guests AS g INNER JOIN order_mentions AS o ON o.mention = g.mention"
        " WHERE g.customer_id NOT IN (SELECT customer_id FROM out_customers) GROUP BY g.customer_id"
    )
    connection.execute(
        "INSERT INTO out_customers BY NAME SELECT customer_id, email, phone, created_at,"
        " created_at AS received_at, true AS is_received_assumed"
        " FROM accounts WHERE customer_id NOT IN (SELECT customer_id FROM out_customers)"
    )
    connection.execute(
        "UPDATE out_customers SET merged_into = merges.merged_into FROM merges"
        " WHERE merges.customer_id = out_customers.customer_id AND out_customers.merged_into IS NULL"
    )
    connection.execute("CREATE OR REPLACE TEMP TABLE out_customers AS SELECT * FROM out_customers ORDER BY customer_id")
