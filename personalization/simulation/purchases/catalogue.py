"""The catalogue: every sku with what it costs, how long it truly lasts, when it was for sale and what took its place.

Skus lie in blocks: of each category its products in the order of their popularity, each with all its sizes; then the
successors of products that are given up; then the bundles.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from personalization.simulation.chance import Flags, Keys, Numbers, Whole, quantile, uniform
from personalization.simulation.purchase_parameters import PurchaseParameters
from personalization.simulation.purchases.assortment import BUNDLES, COMPANIONS, HOME_THEMES, Category, categories
from personalization.simulation.purchases.season import LONGEST_DAYS

ALWAYS = 1_000_000  # a day that no world reaches
_OVERLAP_DAYS = 20  # a successor is on sale before the old product goes


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The skus, column by column; days are those of the world.

    names is their text; cycle_days how long one unit truly lasts, 0 where it is not used up. category, item (within
    the category) and size place a sku; successor is itself where nothing followed. parts has the skus of each bundle.
    is_out says for each day and sku whether it was out of stock; a customer then takes substitute.
    """

    names: pa.Array
    category: Whole
    item: Whole
    size: Whole
    price_cents: Whole
    cycle_days: Whole
    launched_day: Whole
    discontinued_day: Whole
    successor: Whole
    substitute: Whole
    bundles: Whole
    parts: tuple[tuple[int, ...], ...]
    is_out: Flags
    first_of: Whole  # by category: its first sku
    items_of: Whole  # by category
    sizes_of: Whole  # by category
    companion_of: Whole  # by category: the category bought with it, or -1
    needs_parcel: Flags  # by sku

    def find(self, category: Whole, draws: Numbers, sizes: Numbers) -> Whole:
        """Return the sku of each category that a draw hits, popular ones more often; sizes are draws too."""
        item = np.floor(self.items_of[category] * draws * draws).astype(np.int64)
        size = np.floor(self.sizes_of[category] * sizes).astype(np.int64)
        return self.first_of[category] + item * self.sizes_of[category] + size

    def on_sale(self, skus: Whole, days: Whole) -> Whole:
        """Return what is bought instead of a sku that was given up before the day."""
        return np.where(self.discontinued_day[skus] <= days, self.successor[skus], skus)

    def in_stock(self, skus: Whole, days: Whole) -> Whole:
        """Return what is bought instead of a sku that is out of stock on the day."""
        return self.on_sale(np.where(self.is_out[days, skus], self.substitute[skus], skus), days)


def build_catalogue(*, seed: int, parameters: PurchaseParameters) -> Catalogue:
    """Return the catalogue of a seed."""
    kinds = categories()
    items_of, sizes_of = _by_category(kinds)
    counts = items_of * sizes_of
    category = np.repeat(np.arange(len(kinds)), counts)
    first_of = np.cumsum(counts) - counts
    place = np.arange(len(category)) - first_of[category]
    item, size = place // sizes_of[category], place % sizes_of[category]
    key = _keys(category, item)

    given_up = uniform(key, seed=seed, purpose="discontinued") < parameters.discontinued_share
    given_up &= np.array([kind.theme < HOME_THEMES for kind in kinds])[category]
    day = np.floor(100 + uniform(key, seed=seed, purpose="discontinued on") * (LONGEST_DAYS - 100)).astype(np.int64)
    base, successors = len(category), int(given_up.sum())
    old = np.flatnonzero(given_up)
    bundles = base + successors + np.arange(BUNDLES)
    parts = _bundle_parts(kinds, first_of, sizes_of)
    first_parts = np.array([part[0] for part in parts])

    category = np.concatenate([category, category[old], category[first_parts]])
    item = np.concatenate([item, items_of[category[old]] + item[old], np.arange(BUNDLES)])
    size = np.concatenate([size, size[old], np.zeros(BUNDLES, dtype=np.int64)])
    price = _prices(kinds, category, item, seed=seed)
    price[bundles] = [int(price[list(part)].sum()) * 9 // 1000 * 100 + 95 for part in parts]
    cycle = _cycles(kinds, category, item, seed=seed)
    cycle[base : base + successors] = cycle[old]
    cycle[bundles] = 0
    own = np.arange(len(category))
    successor, launched, discontinued = own.copy(), np.full(len(own), -700), np.full(len(own), ALWAYS)
    successor[old] = base + np.arange(successors)
    launched[base : base + successors] = day[old] - _OVERLAP_DAYS
    discontinued[old] = day[old]
    substitute = own.copy()
    following = (item[:base] + 1) % items_of[category[:base]]
    substitute[:base] = first_of[category[:base]] + following * sizes_of[category[:base]] + size[:base]
    types = np.array([kind.product_type not in ("digital", "gift_card") for kind in kinds])
    return Catalogue(
        names=_names(kinds, category, item, size, bundles),
        category=category,
        item=item,
        size=size,
        price_cents=price,
        cycle_days=cycle,
        launched_day=launched,
        discontinued_day=discontinued,
        successor=successor,
        substitute=substitute,
        bundles=bundles,
        parts=parts,
        is_out=_gaps(base, len(own), types[category], seed=seed, parameters=parameters),
        first_of=first_of,
        items_of=items_of,
        sizes_of=sizes_of,
        companion_of=_companions(kinds),
        needs_parcel=types[category],
    )


def _by_category(kinds: tuple[Category, ...]) -> tuple[Whole, Whole]:
    items = np.array([kind.items for kind in kinds], dtype=np.int64)
    return items, np.array([max(len(kind.sizes), 1) for kind in kinds], dtype=np.int64)


def _keys(category: Whole, item: Whole) -> Keys:
    return (category * 10_000 + item).astype(np.uint64)


def _prices(kinds: tuple[Category, ...], category: Whole, item: Whole, *, seed: int) -> Whole:
    """Return prices that end in 95 pence, cheap ones more often."""
    low = np.array([kind.prices[0] for kind in kinds])[category]
    high = np.array([kind.prices[1] for kind in kinds])[category]
    draws = uniform(_keys(category, item), seed=seed, purpose="price")
    return np.asarray(np.floor(low + (high - low) * draws * draws).astype(np.int64) * 100 + 95)


def _cycles(kinds: tuple[Category, ...], category: Whole, item: Whole, *, seed: int) -> Whole:
    low = np.array([kind.supply_days[0] if kind.supply_days else 0 for kind in kinds])[category]
    high = np.array([kind.supply_days[1] if kind.supply_days else 0 for kind in kinds])[category]
    draws = uniform(_keys(category, item), seed=seed, purpose="supply")
    return np.asarray(np.floor(low + (high - low) * draws), dtype=np.int64)


def _names(kinds: tuple[Category, ...], category: Whole, item: Whole, size: Whole, bundles: Whole) -> pa.Array:
    names = [
        f"{kinds[c].code}-{i + 1:04d}" + (f"-{kinds[c].sizes[s]}" if kinds[c].sizes else "")
        for c, i, s in zip(category.tolist(), item.tolist(), size.tolist(), strict=True)
    ]
    names[int(bundles[0]) :] = [f"BND-{number + 1:04d}" for number in range(len(bundles))]
    return pa.array(names)


def _bundle_parts(kinds: tuple[Category, ...], first_of: Whole, sizes_of: Whole) -> tuple[tuple[int, ...], ...]:
    """Return for each bundle a product of each of its theme's first two categories; goods with sizes are left out."""
    parts = []
    themes = [theme for theme in range(HOME_THEMES) if any(k.theme == theme and not k.sizes for k in kinds)]
    for number in range(BUNDLES):
        theme, item = themes[number % len(themes)], 1 + number // len(themes)
        chosen = [place for place, kind in enumerate(kinds) if kind.theme == theme and not kind.sizes][:2]
        parts.append(tuple(int(first_of[place] + item * sizes_of[place]) for place in chosen))
    return tuple(parts)


def _companions(kinds: tuple[Category, ...]) -> Whole:
    codes = [kind.code for kind in kinds]
    return np.array([codes.index(COMPANIONS[code]) if code in COMPANIONS else -1 for code in codes], dtype=np.int64)


def _gaps(base: int, skus: int, runs_out: Flags, *, seed: int, parameters: PurchaseParameters) -> Flags:
    """Return for each day and sku whether it was out of stock: at most one gap a year."""
    days = np.arange(LONGEST_DAYS + 30)[:, None]
    is_out = np.zeros((len(days), skus), dtype=np.bool_)
    for year in range(LONGEST_DAYS // 365):
        key = (np.arange(base) * 10 + year).astype(np.uint64)
        has_gap = (uniform(key, seed=seed, purpose="gap") < parameters.out_of_stock_share) & runs_out[:base]
        begin = np.floor(year * 365 + 300 * uniform(key, seed=seed, purpose="gap on"))
        length = quantile(uniform(key, seed=seed, purpose="gap days"), parameters.out_of_stock_days)
        is_out[:, :base] |= has_gap & (days >= begin) & (days < begin + length)
    return is_out
