"""Replenishment: who uses up what in which rhythm, and when each of them orders it again.

A rhythm is one person's use of one kind of product. It has a cycle in whole days (of one unit; two units last twice as
long), ends when the person turns away, and goes on with another sku when the person changes the brand or the shop
gives the product up. These are the true cycles that predictions can be measured against.
"""

from dataclasses import dataclass, fields
from typing import TypeVar

import numpy as np

from personalization.simulation.chance import Flags, Keys, Numbers, Whole, pick, quantile, uniform
from personalization.simulation.purchase_parameters import PurchaseParameters
from personalization.simulation.purchases.accounts import People
from personalization.simulation.purchases.assortment import HOME_THEMES, categories
from personalization.simulation.purchases.catalogue import Catalogue
from personalization.simulation.purchases.season import SLOT_DAYS
from personalization.simulation.purchases.visits import home_themes

SHORTEST_CYCLE = 6  # days; below, nobody orders by post
ENDLESS = 2**30  # the end slot of what still runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Refills:
    """The orders of all rhythms, column by column; slot is when, person the place among the people."""

    person: Whole
    slot: Whole
    sku: Whole
    qty: Whole
    is_subscription: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycles:
    """The true cycles, one for each stretch of a rhythm with one sku; slots as in Refills, end_slot is exclusive."""

    person: Whole
    sku: Whole
    cycle_days: Whole
    begin_slot: Whole
    end_slot: Whole
    is_subscription: Flags


Columns = TypeVar("Columns", Refills, Cycles)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    """The rhythms that still run, and where each stands: day is that of the next refill."""

    person: Whole
    key: Keys
    category: Whole
    sku: Whole
    pace: Numbers
    day: Whole
    begin_day: Whole
    is_subscription: Flags

    def of(self, chosen: Flags) -> "_Running":
        """Return those of the rhythms that are chosen."""
        return _Running(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    def now(self, **changed: Whole) -> "_Running":
        """Return the rhythms with changed columns."""
        return _Running(**{field.name: changed.get(field.name, getattr(self, field.name)) for field in fields(self)})

    def draw(self, purpose: str, *, step: int, seed: int) -> Numbers:
        """Return a draw for each rhythm's step."""
        return uniform(self.key * np.uint64(1024) + np.uint64(step), seed=seed, purpose=f"rhythm {purpose}")

    def cycle_days(self, catalogue: Catalogue) -> Whole:
        """Return how many whole days one unit lasts each person."""
        cycle = np.floor(catalogue.cycle_days[self.sku] * self.pace + 0.5).astype(np.int64)
        return np.maximum(cycle, SHORTEST_CYCLE)


def build_rhythms(
    people: People, catalogue: Catalogue, *, days: int, seed: int, parameters: PurchaseParameters
) -> tuple[Refills, Cycles]:
    """Return the refills of the people up to some day after *days*, and the cycles behind them."""
    running = _begun(people, catalogue, seed=seed, parameters=parameters)
    refills: list[Refills] = []
    cycles: list[Cycles] = []
    step = 0
    while step == 0 or len(running.day):
        ahead = running.day >= days + 3 * SLOT_DAYS
        cycles.append(_ended(running.of(ahead), catalogue, is_endless=True))
        running = running.of(~ahead)
        changed = _next_products(running, catalogue, step=step, seed=seed, parameters=parameters)
        is_other = changed != running.sku
        cycles.append(_ended(running.of(is_other), catalogue))
        running = running.now(sku=changed, begin_day=np.where(is_other, running.day, running.begin_day))
        qty = 1 + pick(running.draw("quantity", step=step, seed=seed), parameters.rhythm_qty_shares[:-1])
        qty = np.where(running.is_subscription, 1, qty)
        slot = running.day // SLOT_DAYS
        refills.append(
            Refills(
                person=running.person,
                slot=slot,
                sku=running.sku,
                qty=qty,
                is_subscription=running.is_subscription,
            )
        )
        running = running.now(day=_next_days(running, catalogue, qty, step=step, seed=seed, parameters=parameters))
        stops = running.draw("lapse", step=step, seed=seed) < parameters.rhythm_lapse_share
        cycles.append(_ended(running.of(stops), catalogue))
        running = running.of(~stops)
        step += 1
    return _joined(Refills, refills), _joined(Cycles, cycles)


def _begun(people: People, catalogue: Catalogue, *, seed: int, parameters: PurchaseParameters) -> _Running:
    """Return the rhythms as they begin: the first one with the first visit, others later."""
    counts = pick(uniform(people.number, seed=seed, purpose="rhythms"), parameters.rhythm_shares[:-1])
    counts = np.where(people.is_repeater & ~people.is_b2b, counts, 0)
    person = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(person)) - np.repeat(np.cumsum(counts) - counts, counts)
    key = people.number[person] * np.uint64(8) + number.astype(np.uint64)

    def draw(purpose: str) -> Numbers:
        return uniform(key, seed=seed, purpose=f"rhythm {purpose}")

    theme = home_themes(people.number[person], seed=seed)
    other = np.floor(draw("theme") * HOME_THEMES).astype(np.int64)
    theme = np.where(draw("is home") < parameters.home_theme_share, theme, other)
    category = _supply_categories(theme, draw("category"))
    begin = people.first_slot[person] * SLOT_DAYS + np.where(
        number == 0, 1, np.floor(quantile(draw("begin"), (0, 40, 110, 240))).astype(np.int64)
    )
    return _Running(
        person=person,
        key=key,
        category=category,
        sku=catalogue.find(category, draw("product"), np.zeros(len(key))),
        pace=quantile(draw("pace"), parameters.personal_pace),
        day=begin,
        begin_day=begin,
        is_subscription=draw("subscription") < parameters.subscription_share,
    )


def _supply_categories(theme: Whole, draws: Numbers) -> Whole:
    """Return a category of each theme that is used up; where a theme has none, one of all."""
    kinds = categories()
    everything = [place for place, kind in enumerate(kinds) if kind.supply_days]
    lists = [[place for place in everything if kinds[place].theme == number] for number in range(HOME_THEMES)]
    lists = [found or everything for found in lists]
    sizes = np.array([len(found) for found in lists])
    table = np.array([found + [0] * (len(everything) - len(found)) for found in lists])
    return np.asarray(table[theme, np.floor(draws * sizes[theme]).astype(np.int64)])


def _next_products(
    running: _Running, catalogue: Catalogue, *, step: int, seed: int, parameters: PurchaseParameters
) -> Whole:
    """Return what each rhythm goes on with: the same, another brand, or the successor of what was given up."""
    if step == 0:
        return catalogue.on_sale(running.sku, running.day)
    switches = running.draw("switch", step=step, seed=seed) < parameters.brand_switch_share
    other = catalogue.find(
        running.category, running.draw("brand", step=step, seed=seed), np.zeros(len(running.category))
    )
    sku = np.where(switches & ~running.is_subscription, other, running.sku)
    return catalogue.on_sale(sku, running.day)


def _next_days(
    running: _Running, catalogue: Catalogue, qty: Whole, *, step: int, seed: int, parameters: PurchaseParameters
) -> Whole:
    jitter = quantile(running.draw("jitter", step=step, seed=seed), parameters.pace_jitter)
    spread = np.where(running.is_subscription, 1.0, jitter)
    wait = np.floor(running.cycle_days(catalogue) * qty * spread + 0.5).astype(np.int64)
    return np.asarray(running.day + np.maximum(wait, SLOT_DAYS))


def _ended(running: _Running, catalogue: Catalogue, *, is_endless: bool = False) -> Cycles:
    """Return the stretches that end with the next refill, or lie open."""
    return Cycles(
        person=running.person,
        sku=running.sku,
        cycle_days=running.cycle_days(catalogue),
        begin_slot=running.begin_day // SLOT_DAYS,
        end_slot=np.full(len(running.day), ENDLESS) if is_endless else running.day // SLOT_DAYS,
        is_subscription=running.is_subscription,
    )


def _joined(kind: type[Columns], parts: list[Columns]) -> Columns:
    return kind(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(kind)})
