"""Which products to show each customer: the likeliest of what they bought before and of what is new to them.

The score is a probability of purchase in the next 14 days for both: of a repeat the calibrated renewal, of a new
product a logistic curve over affinity, popularity and how active the customer is, fitted on the suggestions that past
nights would have made.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from personalization.scoring.affinity import Neighbours, Suggestions, find_neighbours, product_recency, suggest
from personalization.scoring.arrays import Flags, Floats, Ints, codes, flags, floats, group_rank, rounded
from personalization.scoring.calibration import ENOUGH_HITS, fit_logistic
from personalization.scoring.history import Catalogue, History, bought_after, is_among, pair_key, popularity
from personalization.scoring.replenishment import PairForecast
from personalization.warehouse import Warehouse

CANDIDATES = 20  # of each kind, for each customer
ACTIVE_DAYS = 730  # our choice: customers with an order in the last two years are ranked for
# Where a shop is too small to fit: the share of suggestions that was bought in a fortnight, Online Retail, five nights.
PRIOR_NEW_SHARE, PRIOR_SUGGESTIONS = 0.005, 5000.0
_SOURCES = pa.array(["repeat", "co_purchase", "popularity"])
_REPEAT, _CO_PURCHASE, _POPULARITY = range(3)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProducts:
    """A night's suggestions of new products, the features of their probability, and the neighbours that were used."""

    suggestions: Suggestions
    features: Floats
    neighbours: Neighbours


def suggest_new(
    warehouse: Warehouse,
    catalogue: Catalogue,
    night: PairForecast,
    guests: pa.Table,
    *,
    limit: int = CANDIDATES,
    every: int = 1,
) -> NewProducts:
    """Return up to *limit* products for each active customer that they never bought, as of the forecast's night.

    Only one customer in *every* is served.
    """
    history = night.history
    neighbours = find_neighbours(history, catalogue, guests)
    since_order = history.day - floats(history.customers, "last_day")
    active = np.flatnonzero(since_order < ACTIVE_DAYS)
    suggestions = suggest(
        history,
        catalogue,
        neighbours,
        active=active[active % every == 0],
        barred=_keys_of(warehouse.read("scoring/ever_bought", day=history.day), catalogue, history),
        limit=limit,
    )
    buyers = popularity(history, len(catalogue))
    features = np.column_stack(
        [
            np.log(suggestions.affinity + 1e-3),
            suggestions.affinity > 0,
            np.log1p(buyers)[suggestions.product],
            night.of_customer[suggestions.customer],
        ]
    )
    return NewProducts(suggestions=suggestions, features=features, neighbours=neighbours)


def new_probability(
    warehouse: Warehouse, catalogue: Catalogue, tonight: NewProducts, nights: list[tuple[PairForecast, NewProducts]]
) -> Floats:
    """Return the probability that each of tonight's suggestions is bought in the next 14 days."""
    hits = [_hits(warehouse, catalogue, night.history, new.suggestions) for night, new in nights]
    is_hit = np.concatenate([np.zeros(0, dtype=np.bool_), *hits])
    if is_hit.sum() < ENOUGH_HITS:
        share = (is_hit.sum() + PRIOR_NEW_SHARE * PRIOR_SUGGESTIONS) / (len(is_hit) + PRIOR_SUGGESTIONS)
        # Too few to fit: the shop's share for all, the better affinity only a hair above, to keep its order.
        return np.asarray(share * (1 + 0.1 * np.minimum(tonight.suggestions.affinity, 1.0)), dtype=np.float64)
    return fit_logistic(np.vstack([new.features for _, new in nights]), is_hit).chance(tonight.features)


def _hits(warehouse: Warehouse, catalogue: Catalogue, history: History, suggestions: Suggestions) -> Flags:
    keys = pair_key(suggestions.customer, suggestions.product, len(catalogue))
    return is_among(keys, bought_after(warehouse, catalogue, history))


def _keys_of(known: pa.Table, catalogue: Catalogue, history: History) -> Ints:
    """Return the sorted keys of the customers and products in *known*."""
    customer = codes(known["customer_id"], history.customers["customer_id"])
    product = codes(known["sku"], catalogue.sku)
    return np.sort(pair_key(customer, product, len(catalogue))[(customer >= 0) & (product >= 0)])


def candidates_table(
    warehouse: Warehouse,
    catalogue: Catalogue,
    *,
    night: PairForecast,
    chance: Floats,
    new: NewProducts,
    new_chance: Floats,
) -> pa.Table:
    """Return ``scores/candidates.parquet``: up to 20 products bought before and up to 20 new ones, ranked together."""
    history, suggestions = night.history, new.suggestions
    repeat = best_repeats(warehouse, catalogue, history, rounded(chance))
    because, support = _because(warehouse, history, new)
    nothing = np.zeros(len(repeat), dtype=np.int64)
    customer = np.concatenate([history.customer[repeat], suggestions.customer])
    product = np.concatenate([history.product[repeat], suggestions.product])
    score = rounded(np.concatenate([chance[repeat], new_chance]))
    source = np.concatenate([nothing + _REPEAT, np.where(suggestions.affinity > 0, _CO_PURCHASE, _POPULARITY)])
    because = np.concatenate([nothing - 1, because])
    order = np.lexsort((product, -score, customer))
    rank = group_rank(customer, order)
    table = pa.table(
        {
            "customer_id": history.customers["customer_id"].take(pa.array(customer)),
            "sku": catalogue.sku.take(pa.array(product)),
            "rank": rank,
            "score": score,
            "is_repeat": source == _REPEAT,
            "source": _SOURCES.take(pa.array(source)),
            "because_sku": catalogue.sku.take(pa.array(because, mask=because < 0)),
            "support": np.concatenate([nothing, support]),
        }
    )
    return table.take(pa.array(order)).combine_chunks()


def best_repeats(
    warehouse: Warehouse, catalogue: Catalogue, history: History, chance: Floats, *, limit: int = CANDIDATES
) -> Ints:
    """Return the places of the *limit* likeliest pairs of each customer among those that may be recommended."""
    returned = _keys_of(warehouse.table("returned_products", order_by="customer_id, sku"), catalogue, history)
    is_open = catalogue.is_recommendable[history.product] & ~flags(history.pairs, "is_subscription")
    is_open &= ~is_among(pair_key(history.customer, history.product, len(catalogue)), returned)
    pairs = np.flatnonzero(is_open)
    order = np.lexsort((history.product[pairs], -chance[pairs], history.customer[pairs]))
    return pairs[group_rank(history.customer[pairs], order) <= limit]


def _because(warehouse: Warehouse, history: History, new: NewProducts) -> tuple[Ints, Ints]:
    """Return for each suggestion the bought product that led to it (-1 for none) and its support."""
    found, nearest = new.suggestions, new.neighbours
    led = found.affinity > 0
    warehouse.load_arrow("suggested", _integers(customer=found.customer[led], product=found.product[led]))
    nearest_columns = _integers(product=nearest.product, neighbour=nearest.neighbour, support=nearest.support)
    warehouse.load_arrow("nearest", nearest_columns.append_column("similarity", pa.array(nearest.similarity)))
    taste = _integers(customer=history.customer, product=history.product)
    warehouse.load_arrow("taste", taste.append_column("recency", pa.array(rounded(product_recency(history)))))
    rows = warehouse.read("scoring/because")
    because, support = np.full(len(found.customer), -1, dtype=np.int64), np.zeros(len(found.customer), dtype=np.int64)
    places = np.flatnonzero(led)[np.lexsort((found.product[led], found.customer[led]))]
    because[places] = rows["because"].to_numpy()
    support[places] = rows["support"].to_numpy()
    return because, support


def _integers(**columns: Ints) -> pa.Table:
    return pa.table({name: pa.array(values.astype(np.int32)) for name, values in columns.items()})
