"""The trees learn from some customers, and others calibrate what they say, on every night the same."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from personalization.scoring.arrays import Flags, numbered
from personalization.scoring.features import FEATURES
from personalization.scoring.ranker import PastNight, TooLittleToLearn, fit_ranker, weights_by_customer

CUSTOMERS, PRODUCTS = 100, 40
SMALL = {"max_iter": 20, "learning_rate": 0.1}
PERSON = np.random.default_rng(1).permutation(CUSTOMERS)  # a customer's place says nothing about who it is


def night(seed: int, *, person: np.ndarray = PERSON) -> PastNight:
    """Return a night on which the first feature tells the chance of a purchase."""
    draw = np.random.default_rng(seed)
    customer = np.arange(CUSTOMERS * PRODUCTS) // PRODUCTS
    features = draw.random((len(customer), len(FEATURES))).astype(np.float32)
    is_hit = draw.random(len(customer)) < features[:, 0]
    return PastNight(
        features=features, person=person[customer], is_hit=is_hit, weight=weights_by_customer(customer, is_hit)
    )


def with_hits(one: PastNight, *, of: Flags, hits: bool) -> PastNight:
    """Return the night with other purchases of some candidates."""
    return replace(one, is_hit=np.where(of, hits, one.is_hit))


def test_who_calibrates_teaches_on_no_night() -> None:
    """What every fifth customer bought changes the calibration and not the trees, wherever they stand on a night."""
    nights = [night(1), night(2, person=PERSON[::-1])]
    usual = fit_ranker(nights, seed=0, trees=SMALL)
    other = fit_ranker([with_hits(one, of=one.person % 5 == 0, hits=True) for one in nights], seed=0, trees=SMALL)
    asked = night(3).features

    assert (usual.raw(asked) == other.raw(asked)).all()
    assert (other.chance(asked) > 0.99).all()
    assert usual.chance(asked).mean() == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("place", [0, 1])
def test_purchases_on_one_side_only_teach_nothing(place: int) -> None:
    """Without a purchase to learn from, or none to calibrate by, there is no ranker and it is said."""
    one = night(1)
    with pytest.raises(TooLittleToLearn, match="too few customers"):
        fit_ranker([with_hits(one, of=np.minimum(one.person % 5, 1) == place, hits=False)], seed=0)


def test_a_customer_has_the_same_number_in_every_table() -> None:
    """Wherever they stand in it, and however the column is chunked."""
    whole = pa.chunked_array([["c1", "c2"], ["c3", "é"]])
    some = pa.chunked_array([["é", "c1"]])

    assert numbered(some).tolist() == numbered(whole)[[3, 0]].tolist()
    assert len(set(numbered(whole).tolist())) == 4
    assert (numbered(whole) >= 0).all()
