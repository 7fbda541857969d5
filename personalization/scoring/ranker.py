"""The learned ranker: gradient-boosted trees for "bought within the next 14 days", and an isotonic calibration.

Trained on past nights, whose fortnight is known. A customer with many purchases after a night weighs less with each, by
the square root, so that a few do not decide for all; calibration gives every candidate the same weight again, on
customers that the trees have not seen on any night.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from personalization.scoring.arrays import Flags, Floats, Ints
from personalization.scoring.features import Described, Rows

if TYPE_CHECKING:  # loaded where a ranker is fitted: it takes seconds, and most nights and commands fit none
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.isotonic import IsotonicRegression

MOST_ROWS = 2_000_000  # that the trees are fitted on; of the rows without purchase a sample is taken
CALIBRATION_FOLD = 5  # about every fifth customer calibrates
SHARPNESS = 0.01  # of the raw score in the calibrated one, so that steps of the calibration keep their order
TREES = {
    "max_iter": 400,
    "learning_rate": 0.04,
    "max_leaf_nodes": 63,
    "min_samples_leaf": 400,
    "l2_regularization": 10.0,
    "max_features": 0.3,
    "early_stopping": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PastNight:
    """A past night's candidates and which of them were bought in the fortnight after it.

    person is a number for each candidate's customer, the same on every night.
    """

    described: Described
    person: Ints
    is_hit: Flags


class TooLittleToLearn(ValueError):
    """Nothing was bought by the customers who teach, or by those who calibrate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranker:
    """A fitted ranker: trees, and the calibration of what they say."""

    trees: "HistGradientBoostingClassifier"
    calibration: "IsotonicRegression"

    def raw(self, features: Rows) -> Floats:
        """Return what the trees say of each row of features, in the order of FEATURES; uncalibrated."""
        if len(features) == 0:
            return np.zeros(0)
        return np.asarray(self.trees.predict_proba(features)[:, 1], dtype=np.float64)

    def chance(self, features: Rows) -> Floats:
        """Return the probability that each candidate is bought in the next 14 days."""
        raw = self.raw(features)
        if len(raw) == 0:
            return raw
        return np.asarray((1 - SHARPNESS) * self.calibration.predict(raw) + SHARPNESS * raw, dtype=np.float64)


def fit_ranker(
    nights: Sequence[PastNight], *, seed: int, fold: int = CALIBRATION_FOLD, trees: dict[str, Any] | None = None
) -> Ranker:
    """Return the ranker that *nights* teach; the same for the same nights and seed.

    One customer in *fold* calibrates. trees overrides settings of the gradient boosting. Raises TooLittleToLearn.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.isotonic import IsotonicRegression

    features = np.vstack([night.described.features for night in nights])
    person = np.concatenate([night.person for night in nights])
    is_hit = np.concatenate([night.is_hit for night in nights])
    weight = np.concatenate([_weights(night) for night in nights])
    calibrates = person % fold == 0
    if not (is_hit & calibrates).any() or not (is_hit & ~calibrates).any():
        raise TooLittleToLearn("too few customers bought after past nights to teach and to calibrate")
    fitting = np.flatnonzero(~calibrates)
    draws = np.random.default_rng(seed).random(len(fitting))
    room = max(MOST_ROWS - int(is_hit[fitting].sum()), MOST_ROWS // 4)
    share = min(room / max((~is_hit[fitting]).sum(), 1), 1.0)
    chosen = fitting[is_hit[fitting] | (draws < share)]
    settings = {**TREES, **(trees or {})}
    fewest = max(min(int(settings["min_samples_leaf"]), len(chosen) // 50), 5)
    fitted = HistGradientBoostingClassifier(**{**settings, "min_samples_leaf": fewest}, random_state=seed)
    fitted.fit(features[chosen], is_hit[chosen], sample_weight=weight[chosen] / np.where(is_hit[chosen], 1.0, share))
    raw = np.asarray(fitted.predict_proba(features[calibrates])[:, 1], dtype=np.float64)
    calibration = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(
        raw, is_hit[calibrates].astype(np.float64)
    )
    return Ranker(trees=fitted, calibration=calibration)


def _weights(night: PastNight) -> Floats:
    """Return the weight of each candidate: one over the square root of the customer's purchases after the night."""
    bought = np.bincount(night.described.customer, weights=night.is_hit)
    return np.asarray(1 / np.sqrt(np.maximum(bought[night.described.customer], 1)), dtype=np.float64)
