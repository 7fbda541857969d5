"""What lies in the baskets: refills, and on visits what fits the person's interests, what goes with it, and extras."""

from dataclasses import dataclass, fields

import numpy as np

from personalization.simulation.chance import Flags, Keys, Numbers, Whole, pick, uniform
from personalization.simulation.purchase_parameters import PurchaseParameters
from personalization.simulation.purchases.accounts import People
from personalization.simulation.purchases.assortment import EXTRAS, HOME_THEMES, THEMES, UNSORTED, categories
from personalization.simulation.purchases.catalogue import Catalogue
from personalization.simulation.purchases.rhythms import Refills
from personalization.simulation.purchases.visits import Visits, home_themes

_OWN_SIZE_SHARE = 0.85  # of clothes bought: the person's own size, our choice


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What people want to buy, column by column: not yet ordered by time, and not yet looked up in the stock."""

    person: Whole
    slot: Whole
    sku: Whole
    qty: Whole
    is_subscription: Flags
    is_first_visit: Flags


def fill_baskets(
    people: People, visits: Visits, refills: Refills, catalogue: Catalogue, *, seed: int, parameters: PurchaseParameters
) -> Wanted:
    """Return what is wanted on visits and for refills together."""
    key = people.number[visits.person] * np.uint64(1024) + visits.ordinal.astype(np.uint64)
    theme = _themes(people.number[visits.person], key, seed=seed, parameters=parameters)
    lines = 1 + pick(uniform(key, seed=seed, purpose="lines"), parameters.basket_lines[:-1])
    visit = np.repeat(np.arange(len(key)), lines)
    place = np.arange(len(visit)) - np.repeat(np.cumsum(lines) - lines, lines)
    line_key = key[visit] * np.uint64(8) + place.astype(np.uint64)
    category = _categories(theme[visit], uniform(line_key, seed=seed, purpose="category"))
    sizes = _sizes(people.number[visits.person[visit]], line_key, seed=seed)
    sku = catalogue.find(category, uniform(line_key, seed=seed, purpose="product"), sizes)

    is_bundled = (place == 0) & (uniform(line_key, seed=seed, purpose="bundle") < parameters.bundle_share)
    bundle = np.floor(uniform(line_key, seed=seed, purpose="which bundle") * len(catalogue.bundles)).astype(np.int64)
    sku = np.where(is_bundled, catalogue.bundles[bundle], sku)
    parts = [
        _line(visits, visit, sku, qty=_quantities(people, visits, visit, line_key, seed=seed, parameters=parameters))
    ]

    companion = catalogue.companion_of[category]
    goes_along = (companion >= 0) & (uniform(line_key, seed=seed, purpose="companion") < parameters.companion_share)
    draws = uniform(line_key, seed=seed, purpose="companion product")
    parts.append(_line(visits, visit[goes_along], catalogue.find(companion, draws * draws, sizes)[goes_along]))

    for number, share in ((EXTRAS, parameters.digital_share), (UNSORTED, parameters.unknown_share)):
        is_extra = uniform(key, seed=seed, purpose=f"extra {number}") < share
        extra = np.flatnonzero(is_extra)
        draws = uniform(key[extra], seed=seed, purpose=f"extra category {number}")
        found = _categories(np.full(len(extra), number), draws)
        draws = uniform(key[extra], seed=seed, purpose=f"extra product {number}")
        parts.append(_line(visits, extra, catalogue.find(found, draws, np.zeros(len(extra)))))
    parts.append(_refilled(refills))
    return Wanted(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Wanted)})


def _themes(number: Keys, key: Keys, *, seed: int, parameters: PurchaseParameters) -> Whole:
    other = np.floor(uniform(key, seed=seed, purpose="theme") * HOME_THEMES).astype(np.int64)
    is_home = uniform(key, seed=seed, purpose="is home") < parameters.home_theme_share
    return np.where(is_home, home_themes(number, seed=seed), other)


def _categories(theme: Whole, draws: Numbers) -> Whole:
    """Return a category of each theme, by its share of the theme's sales."""
    kinds = categories()
    longest = max(sum(kind.theme == number for kind in kinds) for number in range(len(THEMES)))
    places = np.zeros((len(THEMES), longest), dtype=np.int64)
    bounds = np.ones((len(THEMES), longest))
    for number in range(len(THEMES)):
        found = [place for place, kind in enumerate(kinds) if kind.theme == number]
        places[number, : len(found)] = found
        bounds[number, : len(found) - 1] = np.cumsum([kinds[place].share for place in found])[:-1]
    return np.asarray(places[theme, (draws[:, None] >= bounds[theme]).sum(axis=1)])


def _sizes(number: Keys, line_key: Keys, *, seed: int) -> Numbers:
    own = uniform(number, seed=seed, purpose="size")
    is_own = uniform(line_key, seed=seed, purpose="is own size") < _OWN_SIZE_SHARE
    return np.where(is_own, own, uniform(line_key, seed=seed, purpose="other size"))


def _quantities(
    people: People, visits: Visits, visit: Whole, line_key: Keys, *, seed: int, parameters: PurchaseParameters
) -> Whole:
    """Return how many of each line; a business takes some five times as many."""
    qty = 1 + pick(uniform(line_key, seed=seed, purpose="quantity"), parameters.qty_shares[:-1])
    bulk = 4 + np.floor(uniform(line_key, seed=seed, purpose="bulk") * 9).astype(np.int64)
    return np.where(people.is_b2b[visits.person[visit]], qty * bulk, qty)


def _line(visits: Visits, visit: Whole, sku: Whole, qty: Whole | None = None) -> Wanted:
    return Wanted(
        person=visits.person[visit],
        slot=visits.slot[visit],
        sku=sku,
        qty=np.ones(len(visit), dtype=np.int64) if qty is None else qty,
        is_subscription=np.zeros(len(visit), dtype=np.bool_),
        is_first_visit=visits.ordinal[visit] == 0,
    )


def _refilled(refills: Refills) -> Wanted:
    return Wanted(
        person=refills.person,
        slot=refills.slot,
        sku=refills.sku,
        qty=refills.qty,
        is_subscription=refills.is_subscription,
        is_first_visit=np.zeros(len(refills.slot), dtype=np.bool_),
    )
