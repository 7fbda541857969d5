"""What is the shop's own and the same for all its customers: products, stock counts and coupons."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from personalization.simulation.chance import Flags, Whole, uniform
from personalization.simulation.frames import instants
from personalization.simulation.moments import DAY, at_hour
from personalization.simulation.purchase_parameters import PurchaseParameters
from personalization.simulation.purchases.accounts import LAG
from personalization.simulation.purchases.assortment import MAKERS, RANGES, STYLES, Category, categories
from personalization.simulation.purchases.catalogue import Catalogue
from personalization.simulation.purchases.season import BEGIN_DAY

FIRST_PRODUCT_ID = 8_100_000_000_001
_SITE = "https://shop.example/products/"
_COUNT_DAYS = 7  # stock is counted on Mondays
_COUPONS: tuple[tuple[str, str | None, int | None, bool, date | None], ...] = (  # our choice
    ("BLACKFRIDAY", None, None, False, None),
    ("CROSS10", "cross_sell", 5000, True, date(2027, 12, 31)),
    ("REFILL10", "replenishment", 10_000, True, date(2027, 12, 31)),
    ("WELCOME10", None, None, True, None),
    ("WINBACK15", "win_back", 2000, True, date(2024, 12, 31)),
)


def products_table(catalogue: Catalogue, *, until: int, seed: int, parameters: PurchaseParameters) -> pa.Table:
    """Return the canonical table of what was launched before the end; stock and status are those of its last day."""
    kinds, last_day = categories(), (until - 1) // DAY - BEGIN_DAY
    chosen = np.flatnonzero(catalogue.launched_day <= last_day)
    category = catalogue.category[chosen]
    price, is_bundle = catalogue.price_cents[chosen], np.isin(chosen, catalogue.bundles)
    is_active = catalogue.discontinued_day[chosen] > last_day
    cost = price * np.array([kind.cost_percent for kind in kinds])[category] // 100
    is_told = np.array([kind.is_supply_told for kind in kinds])[category] & (catalogue.cycle_days[chosen] > 0)
    number = category * 10_000 + catalogue.item[chosen] + np.where(is_bundle, 5000, 0)
    names = catalogue.names.take(pa.array(chosen))
    columns = {
        "sku": names,
        "product_id": pc.cast(pa.array(FIRST_PRODUCT_ID + number), pa.string()),
        "title": _titles(catalogue, chosen, is_bundle, seed=seed),
        "category": _told(kinds, "name", category),
        "brand": _makers(catalogue, chosen, seed=seed),
        "product_type": _told(kinds, "product_type", category),
        "days_of_supply": pc.if_else(pa.array(is_told), pa.array(catalogue.cycle_days[chosen]), None),
        "unit_count": pa.array(np.where(is_bundle, 2, 1)),
        "price_cents": pa.array(price),
        "cost_cents": pa.array(cost),
        "currency": pa.array([parameters.currency] * len(chosen)),
        "is_in_stock": pa.array(~catalogue.is_out[last_day, chosen] & is_active),
        "status": pc.if_else(pa.array(is_active), "active", "discontinued"),
        "url": pc.binary_join_element_wise(_SITE, pc.utf8_lower(names), ""),
        "is_returnable": _told(kinds, "is_returnable", category),
        "warranty_days": _told(kinds, "warranty_days", category),
        **_relations(catalogue, chosen),
        "margin_share": pa.array(np.round((price - cost) / price, 4)),
        "received_at": instants(at_hour(BEGIN_DAY + catalogue.launched_day[chosen], 9.0) + LAG),
        "is_received_assumed": pa.array(np.zeros(len(chosen), dtype=np.bool_)),
    }
    return pa.table(columns).sort_by("sku")


def _told(kinds: Sequence[Category], field: str, category: Whole) -> pa.Array:
    return pa.array([getattr(kind, field) for kind in kinds]).take(pa.array(category))


def _makers(catalogue: Catalogue, chosen: Whole, *, seed: int) -> pa.Array:
    key = (catalogue.category[chosen] * 10_000 + catalogue.item[chosen]).astype(np.uint64)
    return pa.array(MAKERS).take(
        pa.array(np.floor(uniform(key, seed=seed, purpose="maker") * len(MAKERS)).astype(np.int64))
    )


def _titles(catalogue: Catalogue, chosen: Whole, is_bundle: Flags, *, seed: int) -> pa.Array:
    """Return maker, style, range and kind; a bundle is named for what is in it."""
    kinds, item = categories(), catalogue.item[chosen]
    style = pa.array(STYLES).take(pa.array(item % len(STYLES)))
    line = pa.array(RANGES).take(pa.array(np.minimum(item // len(STYLES), len(RANGES) - 1)))
    title = _told(kinds, "title", catalogue.category[chosen])
    text = pc.binary_join_element_wise(_makers(catalogue, chosen, seed=seed), style, line, pc.utf8_lower(title), " ")
    inside = [[kinds[catalogue.category[part]].title for part in parts] for parts in catalogue.parts]
    sets = [
        f"{' and '.join([titles[0], *(title.lower() for title in titles[1:])])}, set {number + 1}"
        for number, titles in enumerate(inside)
    ]
    is_set = pa.array(is_bundle)
    return pc.replace_with_mask(pc.replace_substring(text, "  ", " "), is_set, pa.array(sets, type=pa.string()))


def _relations(catalogue: Catalogue, chosen: Whole) -> dict[str, pa.Array]:
    """Return the columns that tie a sku to others: what it replaces, what is in it, which sizes belong together."""
    kinds, names = categories(), catalogue.names.to_pylist()
    old = np.flatnonzero(catalogue.successor != np.arange(len(names))).tolist()
    replaces = {int(catalogue.successor[sku]): names[sku] for sku in old}
    parts = {
        sku: [names[part] for part in found]
        for sku, found in zip(catalogue.bundles.tolist(), catalogue.parts, strict=True)
    }
    sizes = [kinds[category].sizes for category in catalogue.category.tolist()]
    groups = [names[sku].rsplit("-", 1)[0] if sizes[sku] and sku not in parts else None for sku in chosen.tolist()]
    of_size = catalogue.size.tolist()
    text = pa.string()
    return {
        "replaces_sku": pa.array([replaces.get(sku) for sku in chosen.tolist()], type=text),
        "bundle_of": pa.array([parts.get(sku) for sku in chosen.tolist()], type=pa.list_(text)),
        "variant_group": pa.array(groups, type=text),
        "size": pa.array([sizes[sku][of_size[sku]] if sizes[sku] else None for sku in chosen.tolist()], type=text),
    }


def inventory_table(catalogue: Catalogue, *, until: int, seed: int) -> pa.Table:
    """Return the canonical table of stock counts, one for each sku on sale and Monday; 0 says out of stock."""
    last_day = (until - 1) // DAY - BEGIN_DAY
    mondays = np.arange(0, last_day + 1, _COUNT_DAYS)
    sku, monday = (cells.ravel() for cells in np.meshgrid(np.arange(len(catalogue.names)), mondays, indexing="ij"))
    is_sold = (catalogue.launched_day[sku] <= monday) & (catalogue.discontinued_day[sku] > monday)
    sku, monday = sku[is_sold & catalogue.needs_parcel[sku]], monday[is_sold & catalogue.needs_parcel[sku]]
    counted_at = at_hour(BEGIN_DAY + monday, 6.0)
    known = counted_at + LAG < until
    sku, monday, counted_at = sku[known], monday[known], counted_at[known]
    draws = uniform((sku * 4096 + monday).astype(np.uint64), seed=seed, purpose="stock")
    columns: dict[str, Any] = {
        "sku": catalogue.names.take(pa.array(sku)),
        "counted_at": instants(counted_at),
        "qty": pa.array(np.where(catalogue.is_out[monday, sku], 0, 5 + np.floor(draws * 400).astype(np.int64))),
        "received_at": instants(counted_at + LAG),
        "is_received_assumed": pa.array(np.zeros(len(sku), dtype=np.bool_)),
    }
    return pa.table(columns).sort_by([("sku", "ascending"), ("counted_at", "ascending")])


def coupons_table() -> pa.Table:
    """Return the canonical table of coupons."""
    ids, programs, budgets, single, valid = zip(*_COUPONS, strict=True)
    return pa.table(
        {
            "coupon_id": pa.array(ids),
            "program": pa.array(programs, type=pa.string()),
            "budget": pa.array(budgets, type=pa.int64()),
            "is_single_use": pa.array(single),
            "valid_until_on": pa.array(valid, type=pa.date32()),
            "received_at": instants(np.full(len(ids), BEGIN_DAY * DAY)),
            "is_received_assumed": pa.array([False] * len(ids)),
        }
    )
