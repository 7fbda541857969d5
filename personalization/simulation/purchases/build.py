"""Builds and writes the purchases of some people of the world, all in whole columns."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from personalization.simulation.chance import Keys, Whole
from personalization.simulation.frames import instants
from personalization.simulation.moments import DAY
from personalization.simulation.purchase_parameters import PurchaseParameters
from personalization.simulation.purchases.accounts import (
    LAG,
    NEVER,
    People,
    build_people,
    customer_ids,
    numbers_of_world,
    visit_moments,
)
from personalization.simulation.purchases.baskets import fill_baskets
from personalization.simulation.purchases.beside import browsing_table, loyalty_table, preferences_table
from personalization.simulation.purchases.catalogue import Catalogue, build_catalogue
from personalization.simulation.purchases.customers import build_accounts, customers_table
from personalization.simulation.purchases.exceptions import exceptions_table
from personalization.simulation.purchases.orders import build_orders
from personalization.simulation.purchases.rhythms import ENDLESS, Cycles, build_rhythms
from personalization.simulation.purchases.season import BEGIN_DAY, SLOT_DAYS, Season, build_season
from personalization.simulation.purchases.shop import coupons_table, inventory_table, products_table
from personalization.simulation.purchases.tables import lines_table, moments, orders_table
from personalization.simulation.purchases.visits import build_visits
from personalization.store.files import write_parquet

SHARED_TABLES = ("products", "inventory", "coupons")  # the same for all people


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What all people of a world share: its seed, end and rates, the calendar and the catalogue."""

    seed: int
    until: datetime
    parameters: PurchaseParameters
    season: Season
    catalogue: Catalogue

    @property
    def end(self) -> int:
        """Return the world's end in whole seconds."""
        return int(self.until.replace(tzinfo=UTC).timestamp())

    @property
    def days(self) -> int:
        """Return how many days the world has, a begun one counted."""
        return -(-self.end // DAY) - BEGIN_DAY

    def numbers(self, customers: int) -> Keys:
        """Return the numbers of the people who make up so many customers."""
        return numbers_of_world(
            customers, until=self.end, season=self.season, seed=self.seed, parameters=self.parameters
        )


def set_stage(*, seed: int, until: datetime, parameters: PurchaseParameters) -> Stage:
    """Return the stage of a world; until is a naive UTC instant."""
    return Stage(
        seed=seed,
        until=until,
        parameters=parameters,
        season=build_season(parameters),
        catalogue=build_catalogue(seed=seed, parameters=parameters),
    )


def write_purchases(folder: Path, numbers: Keys, stage: Stage) -> None:
    """Write the canonical tables of the people with these numbers, and the truth about them, into *folder*."""
    seed, season, parameters, catalogue = stage.seed, stage.season, stage.parameters, stage.catalogue
    people = build_people(numbers, season=season, seed=seed, parameters=parameters)
    visits = build_visits(people, days=stage.days, season=season, seed=seed, parameters=parameters)
    refills, cycles = build_rhythms(people, catalogue, days=stage.days, seed=seed, parameters=parameters)
    wanted = fill_baskets(people, visits, refills, catalogue, seed=seed, parameters=parameters)
    orders, lines = build_orders(
        wanted, people, catalogue, days=stage.days, season=season, seed=seed, parameters=parameters
    )
    accounts = build_accounts(people, until=stage.end, season=season, seed=seed, parameters=parameters)
    end = stage.end
    tables = {
        "customers": customers_table(accounts, people, seed=seed, parameters=parameters),
        "products": products_table(catalogue, until=end, seed=seed, parameters=parameters),
        "orders": orders_table(orders, people, until=end, parameters=parameters),
        "order_lines": lines_table(orders, lines, catalogue, until=end),
        "browsing_events": browsing_table(
            orders, lines, people, catalogue, until=end, seed=seed, parameters=parameters
        ),
        "loyalty": loyalty_table(accounts, people, orders, until=end, seed=seed, parameters=parameters),
        "inventory": inventory_table(catalogue, until=end, seed=seed),
        "preferences": preferences_table(accounts, people, until=end, seed=seed, parameters=parameters),
        "coupons": coupons_table(),
        "truth/exceptions": exceptions_table(people, accounts, orders, lines, catalogue, until=end),
        "truth/cycles": _cycles_table(cycles, people, stage),
    }
    for name, table in tables.items():
        write_parquet(folder / f"{name}.parquet", table)


def _cycles_table(cycles: Cycles, people: People, stage: Stage) -> pa.Table:
    """Return the true replenishment cycles: one unit of which sku lasts whom how many days, from when to when."""
    number = people.number[cycles.person]

    def at(slots: Whole) -> Whole:
        usual = visit_moments(number, slots, season=stage.season, seed=stage.seed, parameters=stage.parameters)
        alone = visit_moments(
            number, slots, season=stage.season, seed=stage.seed, parameters=stage.parameters, purpose="subscription"
        )
        return np.where(cycles.is_subscription, alone, usual)

    begins_at = at(cycles.begin_slot)
    last = stage.days // SLOT_DAYS + 3
    ends_at = np.where(cycles.end_slot == ENDLESS, NEVER, at(np.minimum(cycles.end_slot, last)))
    root = people.position_of_root[cycles.person]
    root = np.where(people.merged_at[cycles.person] + LAG < stage.end, root, 0)  # as the customers' table tells it
    has_account = people.opened_at[cycles.person, 0] < NEVER
    chosen = np.flatnonzero((begins_at < stage.end) & has_account & (begins_at < ends_at))
    columns = {
        "customer_id": customer_ids(number[chosen], root[chosen]),
        "sku": stage.catalogue.names.take(pa.array(cycles.sku[chosen])),
        "cycle_days": pa.array(cycles.cycle_days[chosen]),
        "begins_at": instants(begins_at[chosen]),
        "ends_at": moments(ends_at[chosen], until=stage.end),
        "is_subscription": pa.array(cycles.is_subscription[chosen]),
    }
    order = [("customer_id", "ascending"), ("begins_at", "ascending"), ("sku", "ascending")]
    return pa.table(columns).sort_by(order)
