"""The exceptions that were planted among the purchases, by name: ``truth/exceptions.parquet``.

An exception that ends has ends_at; one that the shop cannot tell from its own data has no knowable_at.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from personalization.simulation.chance import Flags, Whole
from personalization.simulation.frames import words
from personalization.simulation.moments import DAY
from personalization.simulation.purchases.accounts import (
    LAG,
    NEVER,
    REGISTERED_APART,
    REGISTERED_MERGED,
    TWO_ACCOUNTS,
    People,
)
from personalization.simulation.purchases.catalogue import Catalogue
from personalization.simulation.purchases.customers import Accounts
from personalization.simulation.purchases.orders import Lines, Orders
from personalization.simulation.purchases.season import BEGIN_DAY
from personalization.simulation.purchases.tables import buyer_ids, known_orders, line_ids, moments, order_ids

SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("name", "exception_id", "customer_id", "order_id", "order_line_id")),
        *((name, pa.string()) for name in ("shipment_id", "ticket_id", "return_id", "sku")),
        *((name, pa.timestamp("us")) for name in ("begins_at", "ends_at", "knowable_at")),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _World:
    """What the exceptions are found in."""

    people: People
    accounts: Accounts
    orders: Orders
    lines: Lines
    catalogue: Catalogue
    until: int


def exceptions_table(
    people: People, accounts: Accounts, orders: Orders, lines: Lines, catalogue: Catalogue, *, until: int
) -> pa.Table:
    """Return one row for each planted exception that had begun by the end, ordered by its id."""
    world = _World(people=people, accounts=accounts, orders=orders, lines=lines, catalogue=catalogue, until=until)
    known = known_orders(orders, until=until)
    placed, never = orders.placed_at, np.full(len(orders.placed_at), NEVER)
    released = np.where(orders.released_day > 0, orders.released_day * DAY, NEVER)
    tables = [
        *_of_accounts(world),
        _of_orders(world, "gift_order", known & orders.is_gift, placed, never),
        _of_orders(world, "subscription_order", known & orders.is_subscription, placed, never),
        _of_orders(world, "b2b_order", known & orders.is_b2b, placed, never),
        _of_orders(world, "test_order", known & orders.is_test, placed, never),
        _of_orders(world, "pre_order", known & (orders.released_day > 0), placed, released),
        _of_orders(
            world, "address_change", known & (orders.ship_to_changed_at < until), orders.ship_to_changed_at, never
        ),
        *_of_lines(world, known),
    ]
    return pa.concat_tables(tables).sort_by("exception_id")


def _of_orders(world: _World, name: str, is_planted: Flags, begins_at: Whole, ends_at: Whole) -> pa.Table:
    chosen = np.flatnonzero(is_planted)
    return _table(
        name,
        order_ids(world.orders, chosen),
        begins_at[chosen],
        ends_at[chosen],
        begins_at[chosen] + LAG,
        until=world.until,
        customer_id=buyer_ids(world.orders, world.people, chosen),
        order_id=order_ids(world.orders, chosen),
    )


def _of_lines(world: _World, known: Flags) -> list[pa.Table]:
    """Return lines of digital goods, of bundles, and of what was given up since."""
    catalogue, lines = world.catalogue, world.lines
    is_known, placed = known[lines.order], world.orders.placed_at[lines.order]
    given_up_at = (BEGIN_DAY + np.minimum(catalogue.discontinued_day[lines.sku], NEVER // DAY // 2)) * DAY
    kinds = {
        "digital_good": (~catalogue.needs_parcel[lines.sku], placed),
        "bundle": (np.isin(lines.sku, catalogue.bundles), placed),
        "discontinued_product": (given_up_at < world.until, given_up_at),
    }
    tables = []
    for name, (is_kind, begins_at) in kinds.items():
        chosen = np.flatnonzero(is_known & is_kind)
        order = lines.order[chosen]
        tables.append(
            _table(
                name,
                line_ids(world.orders, lines, chosen),
                begins_at[chosen],
                np.full(len(chosen), NEVER),
                begins_at[chosen] + LAG,
                until=world.until,
                customer_id=buyer_ids(world.orders, world.people, order),
                order_id=order_ids(world.orders, order),
                order_line_id=line_ids(world.orders, lines, chosen),
                sku=catalogue.names.take(pa.array(lines.sku[chosen])),
            )
        )
    return tables


def _of_accounts(world: _World) -> list[pa.Table]:
    """Return accounts that were merged, guests who registered, people not to be contacted, and shared mailboxes.

    A guest's account and the registered one are joined by the shop, or share one address in two spellings.
    """
    people, accounts = world.people, world.accounts
    kind, ids = people.kind[accounts.person], accounts.ids(people)
    second_at = people.opened_at[accounts.person, 1]
    registered = (kind == REGISTERED_MERGED) | (kind == REGISTERED_APART)
    learned_at = np.where(kind == REGISTERED_MERGED, people.merged_at[accounts.person], second_at)
    shares = accounts.shares_with != people.number[accounts.person]
    never = np.full(len(kind), NEVER)
    rows = {
        "guest_registered_later": (registered & (accounts.position == 0), second_at, never, learned_at),
        "same_email_two_cases": (
            (kind == REGISTERED_APART) & (accounts.position == 1) & accounts.has_email,
            second_at,
            never,
            second_at,
        ),
        # While there are two accounts the shop does not know it; it learns of it with the merge, which ends it.
        "merged_customer": (
            (kind == TWO_ACCOUNTS) & (accounts.position == 1),
            second_at,
            never,
            people.merged_at[accounts.person],
        ),
        "do_not_contact": (accounts.noted_at < NEVER, accounts.noted_at, never, accounts.noted_at),
        "shared_mailbox": (shares & accounts.has_email, accounts.opened_at, never, accounts.opened_at),
    }
    tables = []
    for name, (is_kind, begins_at, ends_at, learned) in rows.items():
        chosen = np.flatnonzero(is_kind & (begins_at < world.until))
        own = ids.take(pa.array(chosen))
        columns = (begins_at[chosen], ends_at[chosen], learned[chosen] + LAG)
        tables.append(_table(name, own, *columns, until=world.until, customer_id=own))
    return tables


def _table(
    name: str, ids: pa.Array, begins_at: Whole, ends_at: Whole, knowable_at: Whole, *, until: int, **columns: Any
) -> pa.Table:
    cells = {
        **columns,
        "name": words([name], np.zeros(len(ids), dtype=np.int64)),
        "exception_id": pc.binary_join_element_wise(name, ids, ":"),
        "begins_at": moments(begins_at, until=until),
        "ends_at": moments(ends_at, until=until),
        "knowable_at": moments(knowable_at, until=until),
    }
    return pa.table([cells.get(field.name, pa.nulls(len(ids), field.type)) for field in SCHEMA], schema=SCHEMA)
