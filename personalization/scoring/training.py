"""The weekly training: what past nights teach, and whether it may be used.

Two things are learned: to order each customer's candidates, where the purchases of heavy buyers weigh less, and how
likely everything that was bought before is bought again, where each pair weighs the same. Only the night before the
last fortnight judges; see judging.py.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from personalization.scoring.arrays import Flags, Ints, numbered
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
from personalization.scoring.judging import Judgement, judge_ranker, judge_reorder, unjudged
from personalization.scoring.pool import NEW, REPEATS, Pool, read_pool
from personalization.scoring.ranker import Learned, PastNight, Ranker, TooLittleToLearn, fit_ranker, weights_by_customer
from personalization.scoring.ranking import new_probability
from personalization.scoring.replenishment import buy_probability, forecast, past_forecasts
from personalization.warehouse import Warehouse

PAST_NIGHTS = 7  # a fortnight apart: the newest judges, the others teach
MOST_ROWS = 2_000_000  # of candidates a night; of a larger shop every n-th customer teaches and judges
ENOUGH_PURCHASES = 1_000  # of candidates, after the nights that teach; below, the trees learn chance (our choice)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """What was learned, as fitted and as far as it may be used, and the judgement on both.

    candidate_recall is the share of the judging night's purchases that were among the candidates: no ranker finds more.
    """

    fitted: Learned
    ranking: Judgement
    reordering: Judgement
    purchases_learned: int
    candidate_recall: float | None = None

    @property
    def usable(self) -> Learned | None:
        """Return what may be used, None where nothing may."""
        kept = replace(
            self.fitted,
            ranker=self.fitted.ranker if self.ranking.is_better else None,
            reorder=self.fitted.reorder if self.reordering.is_better else None,
        )
        return kept if kept.ranker or kept.reorder else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """A past night and what came of it: which candidates, and which pairs, were bought in the fortnight after."""

    pool: Pool
    candidate_hit: Flags
    pair_hit: Flags
    bought: Ints  # pair_key of every purchase of the customers served


def train(warehouse: Warehouse, *, cutoff: datetime, seed: int, trees: dict[str, Any] | None = None) -> Trained:
    """Return what the past nights before *cutoff* (naive UTC) teach, and whether it may be used.

    Reads the tables that scoring.score reads. trees overrides settings of the gradient boosting.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        build_purchases(warehouse, cutoff)
        catalogue = read_catalogue(warehouse)
        nights = _past_nights(warehouse, catalogue)
        learned = int(sum(night.candidate_hit.sum() for night in nights[1:]))
        if learned < ENOUGH_PURCHASES:
            return _untrained(f"{learned:,} purchases after past nights, {ENOUGH_PURCHASES:,} are needed", learned)
        try:
            ranker = fit_ranker([_of_candidates(night) for night in nights[1:]], seed=seed, trees=trees)
            reorder = fit_ranker([_of_pairs(night) for night in nights[1:]], seed=seed, trees=trees)
        except TooLittleToLearn as error:
            return _untrained(str(error), learned)
        ranking, reordering = _judge(warehouse, catalogue, nights, ranker=ranker, reorder=reorder)
    newest = nights[0]
    return Trained(
        fitted=Learned(ranker=ranker, reorder=reorder),
        ranking=ranking,
        reordering=reordering,
        purchases_learned=learned,
        candidate_recall=round(float(newest.candidate_hit.sum() / max(len(newest.bought), 1)), 6),
    )


def _untrained(why: str, learned: int) -> Trained:
    nothing = Learned(ranker=None, reorder=None)
    return Trained(fitted=nothing, ranking=unjudged(why), reordering=unjudged(why), purchases_learned=learned)


def _past_nights(warehouse: Warehouse, catalogue: Catalogue) -> list[_Known]:
    """Return the past nights, the newest first; as many as have purchases before them."""
    guests = warehouse.table("guest_baskets", order_by="order_id, sku")
    nights: list[_Known] = []
    for back in range(1, PAST_NIGHTS + 1):
        history = read_history(warehouse, catalogue, -back * HORIZON_DAYS)
        if history.pairs.num_rows == 0:
            break
        every = -(-history.customers.num_rows * (REPEATS + NEW) // MOST_ROWS)
        pool = read_pool(warehouse, catalogue, forecast(history, catalogue), guests, every=every)
        bought = bought_after(warehouse, catalogue, history)
        keys = pair_key(history.customer, history.product, len(catalogue))[pool.pairs]
        candidates = pair_key(pool.described.customer, pool.described.product, len(catalogue))
        nights.append(
            _Known(
                pool=pool,
                candidate_hit=is_among(candidates, bought),
                pair_hit=is_among(keys, bought),
                bought=bought[np.isin(bought // len(catalogue), pool.described.customer)],
            )
        )
    return nights


def _of_candidates(night: _Known) -> PastNight:
    described = night.pool.described
    return PastNight(
        features=described.features,
        person=_persons(night.pool)[described.customer],
        is_hit=night.candidate_hit,
        weight=weights_by_customer(described.customer, night.candidate_hit),
    )


def _of_pairs(night: _Known) -> PastNight:
    return PastNight(
        features=night.pool.pair_features,
        person=_persons(night.pool)[night.pool.night.history.customer[night.pool.pairs]],
        is_hit=night.pair_hit,
        weight=np.ones(len(night.pair_hit)),
    )


def _persons(pool: Pool) -> Ints:
    return numbered(pool.night.history.customers["customer_id"])


def _judge(
    warehouse: Warehouse, catalogue: Catalogue, nights: list[_Known], *, ranker: Ranker, reorder: Ranker
) -> tuple[Judgement, Judgement]:
    """Return the judgement of the newest night on both learned scores."""
    newest, taught = nights[0], [night.pool for night in nights[1:]]
    pool, history, described = newest.pool, newest.pool.night.history, newest.pool.described
    repeats = buy_probability(pool.night, past_forecasts(warehouse, catalogue, before=history.day))
    new = new_probability(warehouse, catalogue, pool.new, [(one.night, one.new) for one in taught])
    ranking = judge_ranker(
        described.customer,
        described.product,
        newest.candidate_hit,
        newest.bought // len(catalogue),
        learned=ranker.chance(described.features),
        explainable=pool.in_order(repeats, new, len(catalogue)),
    )
    reordering = judge_reorder(
        history.customer[pool.pairs],
        newest.pair_hit,
        learned=reorder.chance(pool.pair_features),
        explainable=repeats[pool.pairs],
    )
    return ranking, reordering
