"""What the learned ranker reads, worked out by hand on a few baskets, and that nothing later is in it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from personalization.scoring.baskets import Baskets, baskets_of, strongest
from personalization.scoring.features import FEATURES, Described, describe, describe_given, prepare
from personalization.scoring.knowledge import learn, lookalikes

A, B, C, D = range(4)
# customer, product, day: the first two are alike, the third is not
ROWS = [(0, A, 1), (0, B, 1), (0, A, 11), (0, A, 31), (1, A, 2), (1, B, 2), (1, C, 30), (2, D, 5), (2, D, 25)]


def known(rows: list[tuple[int, int, int]], *, night: int = 31, customers: int = 3, products: int = 4) -> Baskets:
    """Return the baskets of the rows (customer, product, day) up to the night."""
    customer, product, day = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    return baskets_of(customer, product, day, night=night, lately_days=14, customers=customers, products=products)


def feature(described: Described, name: str, *, customer: int, product: int) -> float:
    """Return one feature of one candidate."""
    (row,) = np.flatnonzero((described.customer == customer) & (described.product == product))
    return float(described.features[row, FEATURES.index(name)])


def described(rows: list[tuple[int, int, int]], *, night: int = 31) -> Described:
    """Return all candidates of the three customers on the night."""
    baskets = known(rows, night=night)
    return describe(prepare(learn(baskets), baskets), np.arange(3))


def test_baskets_are_counted_from_the_newest() -> None:
    """Purchases of one day are one basket; rows after the night are not known."""
    baskets = known([*ROWS, (0, C, 40)])

    assert baskets.counted().tolist() == [3, 2, 2]
    assert baskets.place[baskets.customer == 0].tolist() == [2, 2, 1, 0]
    assert baskets.age[baskets.customer == 0].tolist() == [30, 30, 20, 0]
    assert baskets.is_lately.sum() == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("share", 1.0),  # in all three baskets
        ("decayed_share", 1.0),
        ("weight_30d", 1 + 0.5 ** (20 / 30) + 0.5),
        ("last_3", 1.0),
        ("baskets_since", 0.0),
        ("since_over_gap", 0.0),
        ("days_since", 0.0),
        ("popularity", 4 / 7),  # four of seven baskets
        ("popularity_lately", 1 / 3),  # one of the three who bought lately
        ("repeat_rate", (1 + 1) / (2 + 10)),  # one of two buyers bought it again
        ("baskets", 3.0),
        ("basket_size", 4 / 3),
        ("new_share", 0.0),  # after the first basket nothing was new
        ("days_since_order", 0.0),
        ("order_gap_days", 15.0),
        ("order_since_over_gap", 0.0),
    ],
)
def test_features_of_what_is_bought_again_and_again(name: str, value: float) -> None:
    """The first customer's A."""
    assert feature(described(ROWS), name, customer=0, product=A) == pytest.approx(value, rel=1e-6)


def test_features_of_what_was_never_bought() -> None:
    """C is new to the first customer, but the lookalike bought it lately, after what both bought before."""
    found = described(ROWS)

    assert feature(found, "share", customer=0, product=C) == 0
    assert feature(found, "days_since", customer=0, product=C) == -1
    assert feature(found, "lookalikes_lately", customer=0, product=C) == pytest.approx(1.0)
    assert feature(found, "follows", customer=0, product=C) > 0
    assert feature(found, "together", customer=0, product=C) > 0
    assert feature(found, "lookalikes_lately", customer=2, product=C) == 0


def test_nobody_is_like_themselves() -> None:
    """The only lookalike of the first customer is the second; the third has none."""
    baskets = known(ROWS)
    knowledge = learn(baskets)
    near = lookalikes(knowledge, knowledge.taste, np.arange(3)).toarray()

    assert near[0].tolist() == pytest.approx([0, 1, 0])
    assert near[2].tolist() == [0, 0, 0]


def test_given_candidates_have_the_same_features() -> None:
    """Whether candidates are found or given, the features are the same."""
    baskets = known(ROWS)
    night = prepare(learn(baskets), baskets)
    found = describe(night, np.arange(3))
    shuffled = np.random.default_rng(1).permutation(len(found))
    given_ones = describe_given(night, found.customer[shuffled], found.product[shuffled])

    assert np.array_equal(given_ones.features, found.features)


def test_what_comes_later_changes_nothing() -> None:
    """Rows after the night do not change a feature of it."""
    later = [*ROWS, (0, D, 32), (1, A, 33), (2, C, 60)]

    assert np.array_equal(described(later).features, described(ROWS).features)


@given(
    st.lists(
        st.lists(st.sampled_from([-1.0, 0.0, 0.25, 0.5, 1.0, 3.0]), min_size=6, max_size=6), min_size=1, max_size=5
    ),
    st.integers(1, 7),
)
def test_the_strongest_are_those_of_a_plain_sort(rows: list[list[float]], most: int) -> None:
    """As a sort by value, then column, would choose."""
    kept = strongest(sparse.csr_matrix(np.array(rows, dtype=np.float32)), most).toarray()

    for row, found in zip(rows, kept, strict=True):
        best = sorted((-value, column) for column, value in enumerate(row) if value > 0)[:most]
        wanted = np.zeros(len(row))
        for value, column in best:
            wanted[column] = -value
        assert found.tolist() == wanted.tolist()
