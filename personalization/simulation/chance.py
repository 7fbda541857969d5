"""Chance that does not depend on what else is in the data.

Every number is drawn from the seed, the purpose and the id that it is for. A row that is added, removed or moved
changes nothing about the others, and the same seed gives the same world on every machine. Quantile tables replace
formulas with logarithms, whose last digit differs between machines.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


def uniform(keys: Keys, *, seed: int, purpose: str) -> Numbers:
    """Return a number from 0 up to 1 for each key: splitmix64 (Steele et al., 2014) of the key and a salt."""
    salt = hashlib.sha256(f"{seed}:{purpose}".encode()).digest()
    mixed = keys + np.uint64(int.from_bytes(salt[:8]))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed = mixed ^ (mixed >> np.uint64(31))
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53


def pick(draws: Numbers, shares: Sequence[float]) -> Whole:
    """Return for each draw the place of the share it falls into; what is left over of 1 is the place after the last."""
    return np.searchsorted(np.cumsum(shares), draws, side="right").astype(np.int64)


def quantile(draws: Numbers, values: Sequence[float]) -> Numbers:
    """Return for each draw its quantile, between *values* at equally spaced probabilities from 0 to 1."""
    return np.interp(draws, np.linspace(0.0, 1.0, len(values)), values)
