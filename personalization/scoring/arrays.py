"""Columns as arrays: between the SQL's tables and the closed-form models, whole columns at a time."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

MILLIONTH = 1e-6  # the SQL sums logs in millionths, as whole numbers
_EPOCH = date(1970, 1, 1)
_MOST_CERTAIN = 1e-6


def floats(table: pa.Table, name: str) -> Floats:
    """Return a number column as floats; null is NaN, and whole numbers past 2^53 keep their first 15 digits."""
    return np.asarray(table[name].cast(pa.float64(), safe=False).to_numpy(), dtype=np.float64)


def ints(table: pa.Table, name: str) -> Ints:
    """Return a column of whole numbers without nulls."""
    return np.asarray(table[name].to_numpy(), dtype=np.int64)


def flags(table: pa.Table, name: str) -> Flags:
    """Return a boolean column without nulls."""
    return np.asarray(table[name].cast(pa.int8()).to_numpy(), dtype=np.bool_)


def codes(values: Any, known: Any) -> Ints:
    """Return the position of each of *values* in the column *known*; -1 where it is not there, or null."""
    found = pc.index_in(_one_array(values), value_set=_one_array(known), skip_nulls=True)
    return np.asarray(pc.fill_null(found, -1).to_numpy(zero_copy_only=False), dtype=np.int64)


def _one_array(values: Any) -> Any:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values


def numbered(values: Any) -> Ints:
    """Return a number for each of a column of texts: the same for the same text, in whatever table it stands."""
    from pandas.util import hash_array  # a second to load, for training alone

    return np.asarray(hash_array(np.asarray(values.to_numpy(), dtype=object)) >> np.uint64(1), dtype=np.int64)


def rounded(values: Floats, digits: int = 6) -> Floats:
    """Return *values* rounded half up, so that they rank and print alike everywhere."""
    scale = 10.0**digits
    return np.asarray(np.floor(values * scale + 0.5) / scale, dtype=np.float64)


def dates(days: Floats, run_date: date) -> pa.Array:
    """Return the dates that lie *days* after *run_date*; NaN is null."""
    is_known = np.isfinite(days)
    since_epoch = np.where(is_known, days, 0.0).astype(np.int32) + (run_date - _EPOCH) // timedelta(days=1)
    return pa.array(since_epoch.astype(np.int32), mask=~is_known).cast(pa.date32())


def logit(share: Floats) -> Floats:
    """Return the log odds of a probability, kept off 0 and 1."""
    kept = np.clip(share, _MOST_CERTAIN, 1 - _MOST_CERTAIN)
    return np.asarray(np.log(kept / (1 - kept)), dtype=np.float64)


def divided(above: Floats, below: Floats) -> Floats:
    """Return *above* / *below*, and 0 where *below* is not positive."""
    return np.divide(above, below, out=np.zeros_like(above, dtype=np.float64), where=below > 0)


def sums(values: Floats, group: Ints, groups: int) -> Floats:
    """Return the sum of *values* in each of *groups* groups."""
    return np.bincount(group, weights=values, minlength=groups).astype(np.float64)


def group_rank(group: Ints, order: Ints) -> Ints:
    """Return each row's place (1 = first) within its group, rows taken in the order of *order*.

    order is a sort of all rows that keeps each group together.
    """
    sorted_group = group[order]
    is_first = np.r_[True, sorted_group[1:] != sorted_group[:-1]] if len(order) else np.zeros(0, dtype=np.bool_)
    start = (
        np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))
        if len(order)
        else np.zeros(0, dtype=np.int64)
    )
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - start + 1
    return rank
