"""What was known on a night: each customer's products and order days, tonight or on a past night.

A past night is seen as it was: only purchases and deliveries up to its day are in it. Days count from the run date,
which is day 0; a night two weeks back is day -14.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from personalization.scoring.arrays import MILLIONTH, Flags, Floats, Ints, codes, flags, floats, sums
from personalization.scoring.renewal import GapSums
from personalization.warehouse import Warehouse

HORIZON_DAYS = 14  # the window of every probability here: D+1 … D+14
POPULARITY_HALF_LIFE_DAYS = 30.0  # a buyer of a month ago counts half


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Every product that was bought or is on sale, in the order of sku.

    category is the place in *categories*, the names in their order, and -1 where there is none.
    days_of_supply is what the shop wrote for one unit, NaN where it wrote nothing.
    """

    sku: pa.ChunkedArray
    category: Ints
    categories: pa.Array
    days_of_supply: Floats
    is_recommendable: Flags

    def __len__(self) -> int:
        """Return the number of products."""
        return len(self.category)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One night's pairs (customer and product bought in the year before) and customers (with any order before).

    customer and product give each pair's place in *customers* and in the catalogue.
    """

    day: int
    pairs: pa.Table
    customers: pa.Table
    customer: Ints
    product: Ints

    def days_since(self, name: str) -> Floats:
        """Return whole days from a day column of the pairs to this night."""
        return self.day - floats(self.pairs, name)


def build_purchases(warehouse: Warehouse, cutoff: datetime) -> None:
    """Build the tables of purchases and orders before *cutoff* (naive UTC) that every night here is read from."""
    seconds = int(cutoff.replace(tzinfo=UTC).timestamp())
    for name in ("purchase_days", "order_days", "guest_baskets", "returned_products"):
        warehouse.build(f"scoring/{name}", cutoff_epoch=seconds)


def read_catalogue(warehouse: Warehouse) -> Catalogue:
    """Return the products, after build_purchases."""
    facts = warehouse.read("scoring/product_facts")
    categories = pa.array(sorted(set(facts["category"].drop_null().to_pylist())), pa.string())
    return Catalogue(
        sku=facts["sku"],
        category=codes(facts["category"], categories),
        categories=categories,
        days_of_supply=floats(facts, "days_of_supply"),
        is_recommendable=flags(facts, "is_recommendable"),
    )


def read_history(warehouse: Warehouse, catalogue: Catalogue, day: int) -> History:
    """Return what was known at the end of *day*."""
    pairs = warehouse.read("scoring/pair_history", day=day)
    customers = warehouse.read("scoring/customer_history", day=day)
    return History(
        day=day,
        pairs=pairs,
        customers=customers,
        customer=codes(pairs["customer_id"], customers["customer_id"]),
        product=codes(pairs["sku"], catalogue.sku),
    )


def gap_sums(history: History) -> GapSums:
    """Return the sums over each pair's gaps, in natural logs of days and units."""
    square = MILLIONTH**2
    return GapSums(
        count=floats(history.pairs, "gaps"),
        gap=floats(history.pairs, "log_gap") * MILLIONTH,
        gap_gap=floats(history.pairs, "log_gap_gap") * square,
        qty=floats(history.pairs, "log_qty") * MILLIONTH,
        qty_qty=floats(history.pairs, "log_qty_qty") * square,
        gap_qty=floats(history.pairs, "log_gap_qty") * square,
    )


def order_gap_sums(history: History) -> GapSums:
    """Return the sums over each customer's gaps between order days; units do not enter."""
    nothing = np.zeros(history.customers.num_rows)
    return GapSums(
        count=floats(history.customers, "gaps"),
        gap=floats(history.customers, "log_gap") * MILLIONTH,
        gap_gap=floats(history.customers, "log_gap_gap") * MILLIONTH**2,
        qty=nothing,
        qty_qty=nothing,
        gap_qty=nothing,
    )


def popularity(history: History, products: int) -> Floats:
    """Return for each product its buyers of the last year, one of a month ago counting half."""
    recency = 0.5 ** (history.days_since("last_day") / POPULARITY_HALF_LIFE_DAYS)
    return sums(recency, history.product, products)


def bought_after(warehouse: Warehouse, catalogue: Catalogue, history: History) -> Ints:
    """Return the keys (see pair_key) of what the customers of a past night bought in the horizon after it."""
    bought = warehouse.read("scoring/bought_between", day=history.day, until=history.day + HORIZON_DAYS)
    customer = codes(bought["customer_id"], history.customers["customer_id"])
    key = pair_key(customer, codes(bought["sku"], catalogue.sku), len(catalogue))
    return np.sort(key[customer >= 0])


def pair_key(customer: Ints, product: Ints, products: int) -> Ints:
    """Return one number for each customer and product."""
    return customer * products + product


def is_among(keys: Ints, known: Ints) -> Flags:
    """Return which of *keys* are in the sorted *known*."""
    if len(known) == 0:
        return np.zeros(len(keys), dtype=np.bool_)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.asarray(known[place] == keys, dtype=np.bool_)
