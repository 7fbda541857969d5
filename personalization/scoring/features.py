"""The candidates of each customer and what is known of each: the plain features that the learned ranker reads.

Everything is counted from baskets that were known on the night.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from personalization.scoring.arrays import Floats, Ints, divided
from personalization.scoring.baskets import CELLS_AT_ONCE, Baskets, decayed_length, row_sums, scaled_rows, strongest
from personalization.scoring.knowledge import HABIT_DECAY, Knowledge, lookalikes, taste_of

Rows = NDArray[np.float32]

PER_SOURCE = 80  # new products that each source may bring; with 40 a tenth of the recall is lost
POPULAR = 100  # products of everyone's newest baskets, for the cold start
MOST_IN_BLOCK = 1_000  # customers whose candidates are described at once
HALF_LIFE_DAYS = 30.0
LEAST_SHARE = 1e-5  # of baskets; keeps the trend of what is hardly ever bought near nothing
NEVER = -1.0  # stands where a customer never bought the product
FEATURES = (
    "lookalikes",  # share of the habit of customers with the same taste
    "lookalikes_lately",  # and of what they bought lately
    "follows",  # what was bought before is followed by this
    "together",  # the same customers buy both
    "share",  # baskets with the product over baskets
    "decayed_share",  # the same, newer ones more
    "weight_30d",  # purchases, one of a month ago half
    "last_3",  # share of the last three baskets
    "baskets_since",  # the last purchase of the product
    "since_over_gap",  # baskets since the last purchase over the usual number between two
    "days_since",  # the last purchase of the product
    "popularity",
    "popularity_soon",
    "popularity_lately",
    "trend",  # log of popularity lately over popularity
    "repeat_rate",
    "baskets",
    "basket_size",
    "new_share",  # share of purchases that were new to the customer
    "days_since_order",
    "order_gap_days",
    "order_since_over_gap",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """Candidates: places of customer and product, ascending, and one row of features each, in the order of FEATURES."""

    customer: Ints
    product: Ints
    features: Rows

    def __len__(self) -> int:
        """Return the number of candidates."""
        return len(self.customer)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pairs:
    """What each customer did with each product they bought; key is customer × products + product, ascending."""

    key: Ints
    purchases: Floats
    decayed: Floats
    weight: Floats
    last_3: Floats
    since: Floats
    first: Floats
    days: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _People:
    """One value for each customer."""

    baskets: Floats
    size: Floats
    new_share: Floats
    since_days: Floats
    gap_days: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What a night's candidates are found in, worked out once: what all teach, and what each customer did."""

    knowledge: Knowledge
    baskets: Baskets
    pairs: _Pairs
    people: _People
    taste: sparse.csr_matrix
    habit: sparse.csr_matrix
    popular: Ints


def prepare(knowledge: Knowledge, baskets: Baskets) -> Night:
    """Return the night on which *baskets* were known of those to serve."""
    popular = np.argsort(-knowledge.soon_share, kind="stable")[:POPULAR]
    weights = baskets.matrix(HABIT_DECAY**baskets.place)
    return Night(
        knowledge=knowledge,
        baskets=baskets,
        pairs=_pairs(baskets),
        people=_people(baskets),
        taste=taste_of(baskets, knowledge.rarity),
        habit=scaled_rows(weights, row_sums(weights)),
        popular=popular[knowledge.soon_share[popular] > 0],
    )


def describe(night: Night, customers: Ints, *, per_source: int = PER_SOURCE) -> Described:
    """Return the candidates of *customers* (ascending places): what they bought, and each source's best new ones.

    The benchmark's candidates, which need no forecast; the nightly ones come from a pool and are given.
    """
    nobody = np.zeros(0, dtype=np.int64)
    nothing = Described(customer=nobody, product=nobody, features=np.zeros((0, len(FEATURES)), dtype=np.float32))
    parts = [nothing, *described_blocks(night, customers, per_source=per_source)]
    return Described(
        customer=np.concatenate([part.customer for part in parts]),
        product=np.concatenate([part.product for part in parts]),
        features=np.vstack([part.features for part in parts]),
    )


def described_blocks(night: Night, customers: Ints, *, per_source: int = PER_SOURCE) -> Iterator[Described]:
    """Yield what describe returns, for some customers at a time."""
    for block in _blocks(night, customers):
        sources = _sources(night, block)
        row, product = _candidates(night, block, sources, per_source)
        yield _described(night, block, sources, row, product)


def describe_given(night: Night, customer: Ints, product: Ints) -> Described:
    """Return the features of given candidates, which are put into the order of customer and product."""
    order = np.lexsort((product, customer))
    customer, product = customer[order], product[order]
    served = np.unique(customer)
    features = np.zeros((len(customer), len(FEATURES)), dtype=np.float32)
    for block in _blocks(night, served):
        first, after = np.searchsorted(customer, [block[0], block[-1] + 1])
        row = np.searchsorted(block, customer[first:after])
        described = _described(night, block, _sources(night, block), row, product[first:after])
        features[first:after] = described.features
    return Described(customer=customer, product=product, features=features)


def _blocks(night: Night, customers: Ints) -> Iterator[Ints]:
    size = min(MOST_IN_BLOCK, max(CELLS_AT_ONCE // max(night.baskets.products, 1), 1))
    for start in range(0, len(customers), size):
        yield customers[start : start + size]


def _sources(night: Night, block: Ints) -> list[sparse.csr_matrix]:
    """Return for the customers of a block (rows) what each source says of all products, in the order of FEATURES."""
    near = lookalikes(night.knowledge, night.taste[block], block)
    habit = night.habit[block]
    return [
        (near @ night.knowledge.habit).tocsr(),
        (near @ night.knowledge.lately).tocsr(),
        (habit @ night.knowledge.follows).tocsr(),
        (habit @ night.knowledge.together).tocsr(),
    ]


def _candidates(night: Night, block: Ints, sources: list[sparse.csr_matrix], per_source: int) -> tuple[Ints, Ints]:
    """Return row (place in *block*) and product of each candidate, in their order."""
    products, key = night.baskets.products, night.pairs.key
    start, stop = np.searchsorted(key, (block * products, (block + 1) * products))
    lengths = stop - start
    bought = np.repeat(start - np.r_[0, np.cumsum(lengths)[:-1]], lengths) + np.arange(lengths.sum())
    found = [np.repeat(np.arange(len(block)), lengths) * products + key[bought] % products]
    for source in sources:
        best = strongest(source, per_source).tocoo()
        found.append(best.row.astype(np.int64) * products + best.col)
    found.append((np.arange(len(block))[:, None] * products + night.popular).ravel())
    cell = np.unique(np.concatenate(found))
    return cell // products, cell % products


def _described(night: Night, block: Ints, sources: list[sparse.csr_matrix], row: Ints, product: Ints) -> Described:
    customer, known, people = block[row], night.knowledge, night.people
    columns = [
        *(source.toarray()[row, product] for source in sources),
        *_of_pair(night.pairs, people, customer, product, night.baskets.products),
        known.share[product],
        known.soon_share[product],
        known.lately_share[product],
        np.log((known.lately_share[product] + LEAST_SHARE) / (known.share[product] + LEAST_SHARE)),
        known.repeat_rate[product],
        people.baskets[customer],
        people.size[customer],
        people.new_share[customer],
        people.since_days[customer],
        people.gap_days[customer],
        people.since_days[customer] / np.maximum(people.gap_days[customer], 1),
    ]
    features = np.column_stack([np.asarray(column, dtype=np.float32) for column in columns])
    return Described(customer=customer, product=product, features=features)


def _of_pair(pairs: _Pairs, people: _People, customer: Ints, product: Ints, products: int) -> list[Floats]:
    key = customer * products + product
    place = np.minimum(np.searchsorted(pairs.key, key), max(len(pairs.key) - 1, 0))
    had = pairs.key[place] == key if len(pairs.key) else np.zeros(len(key), dtype=np.bool_)
    baskets = people.baskets[customer]

    def of(values: Floats, never: float = 0.0) -> Floats:
        return np.where(had, values[place], never)

    between = (of(pairs.first) - of(pairs.since)) / np.maximum(of(pairs.purchases) - 1, 1)
    is_repeat = of(pairs.purchases) > 1
    return [
        of(pairs.purchases) / np.maximum(baskets, 1),
        of(pairs.decayed) / decayed_length(baskets.astype(np.int64), HABIT_DECAY),
        of(pairs.weight),
        of(pairs.last_3) / np.clip(baskets, 1, 3),
        of(pairs.since, NEVER),
        np.where(is_repeat, divided(of(pairs.since), np.maximum(between, 0.1)), NEVER),
        of(pairs.days, NEVER),
    ]


def _pairs(baskets: Baskets) -> _Pairs:
    key, of = np.unique(baskets.customer * baskets.products + baskets.product, return_inverse=True)
    since, days = np.full(len(key), np.inf), np.full(len(key), np.inf)
    first = np.zeros(len(key))
    np.minimum.at(since, of, baskets.place)
    np.minimum.at(days, of, baskets.age)
    np.maximum.at(first, of, baskets.place)

    def total(weights: ArrayLike) -> Floats:
        return np.bincount(of, weights=np.asarray(weights), minlength=len(key)).astype(np.float64)

    return _Pairs(
        key=key,
        purchases=total(np.ones(len(of))),
        decayed=total(HABIT_DECAY**baskets.place),
        weight=total(0.5 ** (baskets.age / HALF_LIFE_DAYS)),
        last_3=total((baskets.place < 3).astype(np.float64)),
        since=since,
        first=first,
        days=days,
    )


def _people(baskets: Baskets) -> _People:
    customers = baskets.customers
    counts = baskets.counted().astype(np.float64)
    lines = np.bincount(baskets.customer, minlength=customers).astype(np.float64)
    newest, oldest = np.full(customers, np.inf), np.zeros(customers)
    np.minimum.at(newest, baskets.customer, baskets.age)
    np.maximum.at(oldest, baskets.customer, baskets.age)
    newest = np.where(np.isfinite(newest), newest, NEVER)
    key = baskets.customer * baskets.products + baskets.product
    _, first = np.unique(key, return_index=True)  # rows lie from the oldest basket on
    is_first = np.zeros(len(key), dtype=np.bool_)
    is_first[first] = True
    later = baskets.place < counts[baskets.customer] - 1
    new = np.bincount(baskets.customer, weights=is_first & later, minlength=customers).astype(np.float64)
    lasting = np.bincount(baskets.customer, weights=later, minlength=customers).astype(np.float64)
    return _People(
        baskets=counts,
        size=divided(lines, counts),
        new_share=divided(new, lasting),
        since_days=newest,
        gap_days=divided(oldest - newest, counts - 1),
    )
