"""What was observed between purchases, for the words of a message: the model plans the day, these figures are told."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from personalization.scoring.arrays import Floats, Ints, codes, floats
from personalization.scoring.history import Catalogue, History, pair_key
from personalization.warehouse import Warehouse

_FIGURES = ("usual_gap_days", "gap_low_days", "gap_high_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """The observed gaps on which each pair could rest: one row a step of the ladder, one column a pair, NaN for none.

    Each is the median, and the 25 % and 75 % bounds, in whole days from one purchase to the next: the customer's own
    gaps of the product, all customers' gaps of the product, all customers' gaps within its category.
    """

    usual: Floats
    low: Floats
    high: Floats

    def of(self, basis: Ints) -> dict[str, pa.Array]:
        """Return the columns of ``replenishment.parquet`` for each pair's *basis*; null where nothing was observed."""
        is_observed = (basis >= 0) & (basis < len(self.usual))
        step, pair = np.where(is_observed, basis, 0), np.arange(len(basis))
        columns = zip(_FIGURES, (self.usual, self.low, self.high), strict=True)
        return {
            name: pa.array(np.where(is_observed, days[step, pair], np.nan), from_pandas=True).cast(pa.int64())
            for name, days in columns
        }


def read_rhythm(warehouse: Warehouse, catalogue: Catalogue, history: History) -> Rhythm:
    """Return the observed gaps of each pair of *history*, after build_purchases."""
    table = warehouse.read("scoring/usual_gaps", day=history.day)
    own, product, category = (
        table.filter(pc.equal(table["basis"], name)) for name in ("personal", "product", "category")
    )
    customer = codes(own["customer_id"], history.customers["customer_id"])
    own_key = pair_key(customer, codes(own["subject"], catalogue.sku), len(catalogue))
    of_category = np.append(
        codes(catalogue.categories, category["subject"]), -1
    )  # -1, no category, takes the appended -1
    steps = (
        (own, codes(pa.array(pair_key(history.customer, history.product, len(catalogue))), pa.array(own_key))),
        (product, codes(catalogue.sku, product["subject"])[history.product]),
        (category, of_category[catalogue.category][history.product]),
    )
    usual, low, high = (np.vstack([_at(floats(gaps, name), place) for gaps, place in steps]) for name in _FIGURES)
    return Rhythm(usual=usual, low=low, high=high)


def _at(values: Floats, place: Ints) -> Floats:
    """Return the value at each place, NaN where it is -1."""
    return np.append(values, np.nan)[place]
