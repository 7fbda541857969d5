"""Gradient-boosted trees for "bought within the next 14 days", and an isotonic calibration of what they say.

Trained on past nights, whose fortnight is known, and calibrated on customers that the trees have not seen on any night.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from personalization.scoring.arrays import Flags, Floats, Ints
from personalization.scoring.features import Rows

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
    """Rows of a past night, one a customer and product, and which of them were bought in the fortnight after it.

    features: rows × columns. person: a number for each row's customer, the same on every night. weight: how much the
    row counts in the fit of the trees; in the calibration all count alike.
    """

    features: Rows
    person: Ints
    is_hit: Flags
    weight: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What a training found fit for use; the explainable score stands where there is None.

    ranker orders each customer's candidates. reorder says of every product bought before how likely it is bought again.
    """

    ranker: "Ranker | None"
    reorder: "Ranker | None"


class TooLittleToLearn(ValueError):
    """Nothing was bought by the customers who teach, or by those who calibrate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranker:
    """Fitted trees, and the calibration of what they say."""

    trees: "HistGradientBoostingClassifier"
    calibration: "IsotonicRegression"

    def raw(self, features: Rows) -> Floats:
        """Return what the trees say of each row of features, in the order that they were fitted on; uncalibrated."""
        if len(features) == 0:
            return np.zeros(0)
        return np.asarray(self.trees.predict_proba(features)[:, 1], dtype=np.float64)

    def chance(self, features: Rows) -> Floats:
        """Return the probability that each row's product is bought in the next 14 days."""
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

    features = np.vstack([night.features for night in nights])
    person = np.concatenate([night.person for night in nights])
    is_hit = np.concatenate([night.is_hit for night in nights])
    weight = np.concatenate([night.weight for night in nights])
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


def weights_by_customer(customer: Ints, is_hit: Flags) -> Floats:
    """Return for each row one over the square root of its customer's purchases after the night.

    So a few who buy much do not decide for all how one customer's products are ordered.
    """
    bought = np.bincount(customer, weights=is_hit)
    return np.asarray(1 / np.sqrt(np.maximum(bought[customer], 1)), dtype=np.float64)
