"""What the learned scores see of a night: the candidates, the best by the explainable scores, and every pair.

What a customer bought comes in by the renewal model, what is new by affinity and popularity, so that every candidate
has a reason that can be told, and a large shop's ranker a bounded number of rows.
"""

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from personalization.scoring.affinity import Suggestions
from personalization.scoring.arrays import Floats, Ints, codes, group_rank, ints
from personalization.scoring.baskets import Baskets, baskets_of
from personalization.scoring.features import FEATURES, Described, Rows, describe_given, prepare
from personalization.scoring.history import Catalogue, History, is_among, pair_key
from personalization.scoring.knowledge import learn
from personalization.scoring.ranker import Ranker
from personalization.scoring.ranking import CANDIDATES, NewProducts, best_repeats, suggest_new
from personalization.scoring.replenishment import PAIR_FEATURES, PairForecast
from personalization.warehouse import Warehouse

REPEATS, NEW = 100, 150  # candidates of each kind that a customer may have
FEWEST = 5  # of each kind, however large the shop
MOST_ROWS = 10_000_000  # a night, over all customers: what the trees rank in minutes
LATELY_DAYS = 28
REORDER_FEATURES = (*FEATURES, *PAIR_FEATURES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A night's candidates: places of pairs in the forecast's history, new products, and the features of both.

    pairs are the places of all pairs of the customers served, pair_features one row for each, in the order of
    REORDER_FEATURES.
    """

    night: PairForecast
    repeats: Ints
    new: NewProducts
    described: Described
    pairs: Ints
    pair_features: Rows

    def of_repeats(self, chance: Floats, products: int) -> Floats:
        """Return the *chance* of described for each pair of the history, 0 for those that are not in the pool."""
        pairs = np.zeros(self.night.history.pairs.num_rows)
        customer, product = self.night.history.customer[self.repeats], self.night.history.product[self.repeats]
        pairs[self.repeats] = chance[self._places(customer, product, products)]
        return pairs

    def of_new(self, chance: Floats, products: int) -> Floats:
        """Return the *chance* of described for each suggestion."""
        suggestions = self.new.suggestions
        return np.asarray(chance[self._places(suggestions.customer, suggestions.product, products)])

    def in_order(self, of_pairs: Floats, of_new: Floats, products: int) -> Floats:
        """Return the probabilities of each pair of the history and of each suggestion in the order of described."""
        suggestions, history = self.new.suggestions, self.night.history
        chance = np.zeros(len(self.described))
        customer, product = history.customer[self.repeats], history.product[self.repeats]
        chance[self._places(customer, product, products)] = of_pairs[self.repeats]
        chance[self._places(suggestions.customer, suggestions.product, products)] = of_new
        return chance

    def _places(self, customer: Ints, product: Ints, products: int) -> Ints:
        known = pair_key(self.described.customer, self.described.product, products)
        return np.searchsorted(known, pair_key(customer, product, products))


def read_baskets(warehouse: Warehouse, catalogue: Catalogue, history: History) -> Baskets:
    """Return the baskets of two years up to the history's night, of its customers."""
    known = warehouse.read("scoring/purchases_known", day=history.day)
    return baskets_of(
        codes(known["customer_id"], history.customers["customer_id"]),
        codes(known["sku"], catalogue.sku),
        ints(known, "bought_day"),
        night=history.day,
        lately_days=LATELY_DAYS,
        customers=history.customers.num_rows,
        products=len(catalogue),
    )


def read_pool(
    warehouse: Warehouse, catalogue: Catalogue, night: PairForecast, guests: pa.Table, *, every: int = 1
) -> Pool:
    """Return the candidates and pairs of a forecast's night, with features from what was known that night.

    Only one customer in *every* is served; all of them teach.
    """
    history, products = night.history, len(catalogue)
    share = min(MOST_ROWS / max(history.customers.num_rows / every, 1) / (REPEATS + NEW), 1.0)
    limits = [max(int(most * share), FEWEST) for most in (REPEATS, NEW)]
    repeats = best_repeats(warehouse, catalogue, history, night.expected, limit=limits[0])
    repeats = repeats[history.customer[repeats] % every == 0]
    new = suggest_new(warehouse, catalogue, night, guests, limit=limits[1], every=every)
    baskets = read_baskets(warehouse, catalogue, history)
    pairs = np.flatnonzero(history.customer % every == 0)
    key_of_pair = pair_key(history.customer, history.product, products)
    described = describe_given(  # what is new was never bought, so that nothing is described twice
        prepare(learn(baskets), baskets),
        np.concatenate([history.customer[pairs], new.suggestions.customer]),
        np.concatenate([history.product[pairs], new.suggestions.product]),
    )
    keys = pair_key(described.customer, described.product, products)
    of_pairs = described.features[np.searchsorted(keys, key_of_pair[pairs])]
    is_candidate = ~is_among(keys, np.sort(np.delete(key_of_pair, repeats)))
    return Pool(
        night=night,
        repeats=repeats,
        new=new,
        described=Described(
            customer=described.customer[is_candidate],
            product=described.product[is_candidate],
            features=described.features[is_candidate],
        ),
        pairs=pairs,
        pair_features=np.column_stack([of_pairs, night.features[pairs].astype(np.float32)]),
    )


def ranked(pool: Pool, ranker: Ranker, catalogue: Catalogue) -> tuple[Floats, NewProducts, Floats]:
    """Return the learned probability of each pair, and the 20 best new products of each customer with theirs."""
    chance = ranker.chance(pool.described.features)
    of_new = pool.of_new(chance, len(catalogue))
    found = pool.new.suggestions
    best = np.flatnonzero(
        group_rank(found.customer, np.lexsort((found.product, -of_new, found.customer))) <= CANDIDATES
    )
    chosen = Suggestions(customer=found.customer[best], product=found.product[best], affinity=found.affinity[best])
    return (
        pool.of_repeats(chance, len(catalogue)),
        replace(pool.new, suggestions=chosen, features=pool.new.features[best]),
        of_new[best],
    )
