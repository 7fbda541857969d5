"""The weekly training: a learned ranker is fitted on past nights and judged on the newest one against the explainable.

Only the night before the last fortnight judges; nothing was fitted on it, by either side. The learned ranker is used
where it is surely better (the lower end of the 95 % interval of the difference in recall, over customers who bought)
and its probabilities hold (calibration error at most 0.01, or at most that of the explainable). Drift shows there too:
a ranker that no longer fits what customers do is not surely better, and the explainable score is used.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from personalization.scoring.arrays import Flags, Floats, Ints, group_rank, numbered, rounded
from personalization.scoring.history import (
    HORIZON_DAYS,
    Catalogue,
    bought_after,
    build_purchases,
    is_among,
    pair_key,
    read_catalogue,
    read_history,
)
from personalization.scoring.pool import NEW, REPEATS, Pool, read_pool
from personalization.scoring.ranker import PastNight, Ranker, TooLittleToLearn, fit_ranker
from personalization.scoring.ranking import new_probability
from personalization.scoring.replenishment import buy_probability, forecast, past_forecasts
from personalization.warehouse import Warehouse

PAST_NIGHTS = 7  # a fortnight apart: the newest judges, the others teach
MOST_ROWS = 2_000_000  # of candidates a night; of a larger shop every n-th customer teaches and judges
ENOUGH_PURCHASES = 1_000  # of candidates, after the nights that teach; below, the trees learn chance (our choice)
JUDGED_FIRST = 10  # products of each customer that are judged
LARGEST_ERROR = 0.01  # of calibration
BINS = 10
CONFIDENCE = 1.959963984540054  # standard errors: the 95 % interval of a normal distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the back-test found; the figures are null where there was not enough data to fit.

    recall is the mean share, over customers who bought in the fortnight, of their purchases among the first ten
    candidates; gain_low the lower end of the interval of its difference; calibration_error is over all candidates.
    """

    is_better: bool
    why: str
    purchases_learned: int
    customers_judged: int = 0
    recall_learned: float | None = None
    recall_explainable: float | None = None
    gain_low: float | None = None
    calibration_error_learned: float | None = None
    calibration_error_explainable: float | None = None
    candidate_recall: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A fitted ranker, or None where there was too little to learn from, and the judgement on it."""

    ranker: Ranker | None
    judgement: Judgement


def train(warehouse: Warehouse, *, cutoff: datetime, seed: int, trees: dict[str, Any] | None = None) -> Trained:
    """Return the ranker that the past nights before *cutoff* (naive UTC) teach, and whether it may be used.

    Reads the tables that scoring.score reads. trees overrides settings of the gradient boosting.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        build_purchases(warehouse, cutoff)
        catalogue = read_catalogue(warehouse)
        guests = warehouse.table("guest_baskets", order_by="order_id, sku")
        pools = []
        for back in range(1, PAST_NIGHTS + 1):
            history = read_history(warehouse, catalogue, -back * HORIZON_DAYS)
            if history.pairs.num_rows == 0:
                break
            every = -(-history.customers.num_rows * (REPEATS + NEW) // MOST_ROWS)
            pools.append(read_pool(warehouse, catalogue, forecast(history, catalogue), guests, every=every))
        hits = [_hits(warehouse, catalogue, pool) for pool in pools]
        learned = int(sum(hit.sum() for hit in hits[1:]))
        if learned < ENOUGH_PURCHASES:
            return _untrained(f"{learned:,} purchases after past nights, {ENOUGH_PURCHASES:,} are needed", learned)
        nights = [_past_night(one, hit) for one, hit in zip(pools[1:], hits[1:], strict=True)]
        try:
            ranker = fit_ranker(nights, seed=seed, trees=trees)
        except TooLittleToLearn as error:
            return _untrained(str(error), learned)
        figures = _judge(warehouse, catalogue, pools[0], ranker, is_hit=hits[0], taught=pools[1:])
    is_better, why = _verdict(figures)
    judgement = Judgement(is_better=is_better, why=why, purchases_learned=learned, **figures)
    return Trained(ranker=ranker, judgement=judgement)


def _untrained(why: str, learned: int) -> Trained:
    why = f"too little to learn from: {why}"
    return Trained(ranker=None, judgement=Judgement(is_better=False, why=why, purchases_learned=learned))


def _past_night(pool: Pool, is_hit: Flags) -> PastNight:
    person = numbered(pool.night.history.customers["customer_id"])
    return PastNight(described=pool.described, person=person[pool.described.customer], is_hit=is_hit)


def _hits(warehouse: Warehouse, catalogue: Catalogue, pool: Pool) -> Flags:
    keys = pair_key(pool.described.customer, pool.described.product, len(catalogue))
    return is_among(keys, bought_after(warehouse, catalogue, pool.night.history))


def _judge(
    warehouse: Warehouse, catalogue: Catalogue, pool: Pool, ranker: Ranker, *, is_hit: Flags, taught: list[Pool]
) -> dict[str, Any]:
    """Return the figures of the Judgement, of both scores on the same candidates of the judging night."""
    history, products = pool.night.history, len(catalogue)
    learned = ranker.chance(pool.described.features)
    repeats = buy_probability(pool.night, past_forecasts(warehouse, catalogue, before=history.day))
    new = new_probability(warehouse, catalogue, pool.new, [(one.night, one.new) for one in taught])
    explainable = pool.in_order(repeats, new, products)
    bought = bought_after(warehouse, catalogue, history)
    bought = bought[np.isin(bought // products, pool.described.customer)]
    recalls = [_recall(pool, chance, is_hit, bought // products) for chance in (learned, explainable)]
    gain = recalls[0] - recalls[1]
    spread = gain.std(ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else np.inf
    return {
        "customers_judged": len(gain),
        "recall_learned": _told(recalls[0].mean()) if len(gain) else 0.0,
        "recall_explainable": _told(recalls[1].mean()) if len(gain) else 0.0,
        "gain_low": _told(gain.mean() - CONFIDENCE * spread) if len(gain) > 1 else -1.0,
        "calibration_error_learned": _told(calibration_error(learned, is_hit)),
        "calibration_error_explainable": _told(calibration_error(explainable, is_hit)),
        "candidate_recall": _told(is_hit.sum() / max(len(bought), 1)),
    }


def _recall(pool: Pool, chance: Floats, is_hit: Flags, buyers: Ints) -> Floats:
    """Return for each customer who bought, in their order, the share of it among their first ten candidates."""
    customer = pool.described.customer
    first = group_rank(customer, np.lexsort((pool.described.product, -rounded(chance), customer))) <= JUDGED_FIRST
    who, purchases = np.unique(buyers, return_counts=True)
    hits = np.bincount(customer[first], weights=is_hit[first], minlength=pool.night.history.customers.num_rows)
    return np.asarray(hits[who] / purchases, dtype=np.float64)


def calibration_error(chance: Floats, is_hit: Flags) -> float:
    """Return the expected calibration error: mean distance of chance and share, over ten bins of as many candidates."""
    bins = np.array_split(np.argsort(chance, kind="stable"), BINS)
    gaps = [len(part) * abs(float(chance[part].mean() - is_hit[part].mean())) for part in bins if len(part)]
    return sum(gaps) / max(len(chance), 1)


def _verdict(figures: dict[str, Any]) -> tuple[bool, str]:
    """Return whether the learned ranker may be used, and why or why not."""
    recalls = (
        f"{figures['recall_learned']:.1%} of what {figures['customers_judged']:,} customers bought in the last "
        f"fortnight was among their first {JUDGED_FIRST}, {figures['recall_explainable']:.1%} by the explainable score"
    )
    error, usual = figures["calibration_error_learned"], figures["calibration_error_explainable"]
    if figures["gain_low"] <= 0:
        return False, f"not surely better: {recalls}"
    if error > max(LARGEST_ERROR, usual):
        return False, f"its probabilities are off by {error:.1%} on average (at most {LARGEST_ERROR:.0%}): {recalls}"
    return True, recalls


def _told(figure: float) -> float:
    return round(float(figure), 6)
