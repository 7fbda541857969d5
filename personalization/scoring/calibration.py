"""A probability from a few plain features: logistic regression on what happened after a past night."""

from dataclasses import dataclass

import numpy as np

from personalization.scoring.arrays import Flags, Floats

ENOUGH_HITS = 50  # purchases that a fit must have seen; below it the closed form is only scaled (our choice)
_RIDGE = 1.0  # on standardised features: keeps a fit on little data near the base rate
_STEPS = 40
_SMALLEST_STEP = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Logistic:
    """A fitted probability: centre and scale standardise the features, weights start with the constant."""

    centre: Floats
    scale: Floats
    weights: Floats

    def chance(self, features: Floats) -> Floats:
        """Return the probability of each row of *features* (rows × columns)."""
        return _sigmoid(_design((features - self.centre) / self.scale) @ self.weights)


def fit_logistic(features: Floats, is_hit: Flags) -> Logistic:
    """Return the ridge logistic regression of *is_hit* on *features*, by Newton steps that never worsen the fit."""
    centre, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    design, hits = _design((features - centre) / scale), is_hit.astype(np.float64)
    ridge = np.full(design.shape[1], _RIDGE)
    ridge[0] = 1e-6
    weights = np.zeros(design.shape[1])
    weights[0] = np.log((hits.sum() + 0.5) / (len(hits) - hits.sum() + 0.5))
    loss = _loss(design, hits, weights, ridge)
    for _ in range(_STEPS):
        chance = _sigmoid(design @ weights)
        slope = design.T @ (hits - chance) - ridge * weights
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(curvature, slope)
        while (shorter := _loss(design, hits, weights + step, ridge)) > loss and np.abs(step).max() > _SMALLEST_STEP:
            step = step / 2
        weights, loss = weights + step, shorter
        if np.abs(step).max() < _SMALLEST_STEP:
            break
    return Logistic(centre=centre, scale=scale, weights=weights)


def scale_to_hits(expected: Floats, is_hit: Flags, *, prior_ratio: float, prior_expected: float) -> float:
    """Return the factor that brings *expected* purchases to those that happened, shrunk to *prior_ratio*."""
    return float((is_hit.sum() + prior_expected * prior_ratio) / (expected.sum() + prior_expected))


def _design(standardised: Floats) -> Floats:
    return np.column_stack([np.ones(len(standardised)), standardised])


def _sigmoid(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -30, 30))), dtype=np.float64)


def _loss(design: Floats, hits: Floats, weights: Floats, ridge: Floats) -> float:
    odds = design @ weights
    return float(np.logaddexp(0, odds).sum() - (hits * odds).sum() + 0.5 * (ridge * weights**2).sum())
