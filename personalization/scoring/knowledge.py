"""What all customers' baskets teach about one: who is alike, what follows what, and what sells at present.

The sources of the learned ranker. Lookalikes are a neighbourhood of customers with the same taste, as in TIFUKNN (Hu et
al., SIGIR 2020), but told apart by the cosine of rare products, and asked also for what they bought lately: on two data
sets that alone found more than what they usually buy.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from personalization.scoring.arrays import Floats, Ints
from personalization.scoring.baskets import (
    Baskets,
    decayed_length,
    row_sums,
    scaled_rows,
    strongest,
    unit_rows,
)

LANDMARKS = 10_000  # customers that others are compared with; a larger shop takes every n-th
LOOKALIKES = 300  # TIFUKNN's usual number
TASTE_DECAY, HABIT_DECAY, SOON_BASKETS = 0.95, 0.9, 3
FOLLOWERS, TOGETHER = 150, 100  # products kept for each product
FOLLOW_DECAY, FOLLOW_POWERS, TOGETHER_POWERS = 0.8, (0.5, 0.3), (0.3, 0.7)
REPEAT_PRIOR = (1.0, 10.0)  # repeat buyers and buyers that every product is given beforehand


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What a night's baskets teach.

    landmarks are places of customers; taste (unit length), habit and lately have one row for each of them. follows and
    together are products × products. rarity and the shares, of baskets unless said, have one value a product;
    repeat_rate is the share of buyers who bought it twice.
    """

    landmarks: Ints
    taste: sparse.csr_matrix
    habit: sparse.csr_matrix
    lately: sparse.csr_matrix
    follows: sparse.csr_matrix
    together: sparse.csr_matrix
    rarity: Floats
    share: Floats
    soon_share: Floats
    lately_share: Floats
    repeat_rate: Floats


def learn(baskets: Baskets) -> Knowledge:
    """Return what *baskets* teach about products and customers; deterministic."""
    counts = baskets.counted()
    bought = baskets.matrix(np.ones(len(baskets.customer)))
    is_bought = bought.copy()
    is_bought.data[:] = 1
    buyers = np.asarray(is_bought.sum(axis=0), dtype=np.float64).ravel()
    is_again = bought.copy()
    is_again.data[:] = bought.data >= 2
    again = np.asarray(is_again.sum(axis=0), dtype=np.float64).ravel()
    rarity = np.log((baskets.customers + 1) / (buyers + 1))
    lately = baskets.matrix(np.ones(len(baskets.customer)), baskets.is_lately)
    lately.data[:] = 1
    shoppers = max(int((row_sums(lately) > 0).sum()), 1)
    habit = scaled_rows(baskets.matrix(HABIT_DECAY**baskets.place), decayed_length(counts, HABIT_DECAY))
    active = np.flatnonzero(counts)
    landmarks = active[:: max(-(-len(active) // LANDMARKS), 1)]
    soon = baskets.place < SOON_BASKETS
    return Knowledge(
        landmarks=landmarks,
        taste=taste_of(baskets, rarity)[landmarks],
        habit=habit[landmarks],
        lately=lately[landmarks],
        follows=_follows(baskets, lately),
        together=_together(is_bought, buyers),
        rarity=rarity,
        share=_shares(baskets.product, baskets.products) / max(counts.sum(), 1),
        soon_share=_shares(baskets.product[soon], baskets.products) / max(np.minimum(counts, SOON_BASKETS).sum(), 1),
        lately_share=np.asarray(lately.sum(axis=0), dtype=np.float64).ravel() / shoppers,
        repeat_rate=(again + REPEAT_PRIOR[0]) / (buyers + REPEAT_PRIOR[1]),
    )


def taste_of(baskets: Baskets, rarity: Floats) -> sparse.csr_matrix:
    """Return each customer's taste: purchases, older ones less, rare products more, at length 1."""
    return unit_rows(baskets.matrix(TASTE_DECAY**baskets.place) @ sparse.diags(rarity.astype(np.float32)))


def lookalikes(knowledge: Knowledge, taste: sparse.csr_matrix, customers: Ints) -> sparse.csr_matrix:
    """Return customers × landmarks: how alike the 300 nearest are, adding up to 1; nobody is like themselves.

    taste has one row for each of *customers*, the places by which landmarks are told apart from them.
    """
    alike = (taste @ knowledge.taste.T).toarray()
    place = np.searchsorted(knowledge.landmarks, customers)
    is_landmark = place < len(knowledge.landmarks)
    is_landmark[is_landmark] = knowledge.landmarks[place[is_landmark]] == customers[is_landmark]
    alike[np.flatnonzero(is_landmark), place[is_landmark]] = 0
    width = alike.shape[1]
    if width > LOOKALIKES:
        least = np.partition(alike, width - LOOKALIKES, axis=1)[:, width - LOOKALIKES][:, None]
        alike[alike < least] = 0
    near = sparse.csr_matrix(alike)
    return scaled_rows(near, row_sums(near))


def _follows(baskets: Baskets, lately: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return how much having bought one product before goes with buying another lately, popular ones damped."""
    before = ~baskets.is_lately
    earlier = baskets.matrix(FOLLOW_DECAY**baskets.place, before)
    earlier = scaled_rows(earlier, row_sums(earlier))
    weight = np.asarray(earlier.sum(axis=0), dtype=np.float64).ravel()
    sold = np.asarray(lately.sum(axis=0), dtype=np.float64).ravel()
    damping = (np.maximum(weight, 0.05) ** -FOLLOW_POWERS[0], np.maximum(sold, 1) ** -FOLLOW_POWERS[1])
    return strongest(_damped((earlier.T @ lately).tocsr(), damping), FOLLOWERS)


def _together(is_bought: sparse.csr_matrix, buyers: Floats) -> sparse.csr_matrix:
    """Return how often the same customers buy both products, popular ones damped as in affinity."""
    common = (is_bought.T @ is_bought).tocsr()
    common.setdiag(0)
    held = np.maximum(buyers, 1)
    return strongest(_damped(common, (held ** -TOGETHER_POWERS[0], held ** -TOGETHER_POWERS[1])), TOGETHER)


def _damped(matrix: sparse.csr_matrix, damping: tuple[Floats, Floats]) -> sparse.csr_matrix:
    left, right = (sparse.diags(side.astype(np.float32)) for side in damping)
    return left.dot(matrix).dot(right).tocsr()


def _shares(product: Ints, products: int) -> Floats:
    return np.bincount(product, minlength=products).astype(np.float64)
