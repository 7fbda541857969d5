"""Scores of one night, from the tables of the warehouse."""

from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from personalization.scoring.arrays import Floats
from personalization.scoring.history import Catalogue, build_purchases, read_catalogue, read_history
from personalization.scoring.pool import Pool, ranked, read_pool
from personalization.scoring.ranker import Learned
from personalization.scoring.ranking import NewProducts, candidates_table, new_probability, suggest_new
from personalization.scoring.repeat_purchase import customers_table
from personalization.scoring.replenishment import (
    PairForecast,
    buy_probability,
    forecast,
    past_forecasts,
    replenishment_table,
)
from personalization.scoring.rhythm import read_rhythm
from personalization.warehouse import Warehouse

CANDIDATE_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("sku", pa.string()),
        ("rank", pa.int64()),
        ("score", pa.float64()),
        ("is_repeat", pa.bool_()),
        ("source", pa.string()),
        ("because_sku", pa.string()),
        ("support", pa.int64()),
    ]
)
REPLENISHMENT_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("sku", pa.string()),
        ("due_on", pa.date32()),
        ("due_on_early", pa.date32()),
        ("due_on_late", pa.date32()),
        ("buy_probability", pa.float64()),
        ("basis", pa.string()),
        ("purchases", pa.int64()),
        ("interval_days", pa.float64()),
        ("last_bought_on", pa.date32()),
        ("supply_from_on", pa.date32()),
        ("supply_units", pa.int64()),
        ("usual_gap_days", pa.int64()),
        ("gap_low_days", pa.int64()),
        ("gap_high_days", pa.int64()),
    ]
)
CUSTOMER_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("repeat_probability_90d", pa.float64()),
        ("expected_orders_365d", pa.float64()),
        ("expected_value_365d_cents", pa.int64()),
        ("days_since_order", pa.int64()),
        ("order_count", pa.int64()),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """One night's scores, each a table in a total order with its floats rounded.

    candidates: by customer_id and rank. replenishment: by customer_id and sku. customers: by customer_id.
    """

    candidates: pa.Table
    replenishment: pa.Table
    customers: pa.Table


def score(warehouse: Warehouse, *, run_date: date, cutoff: datetime, learned: Learned | None = None) -> Scores:
    """Return the scores of the night *run_date*, from what was bought before *cutoff* (its end, naive UTC).

    Candidates are ranked, and the probability of another purchase is told, by what was *learned* where it is given,
    else by the explainable score; due dates, their bounds and basis are always the renewal's.
    Reads the tables line_state, orders and products; the last two may be empty. Adds tables of its own.
    """
    with threadpool_limits(limits=1, user_api="blas"):  # the same sums whatever the machine's cores
        build_purchases(warehouse, cutoff)
        catalogue = read_catalogue(warehouse)
        tonight = forecast(read_history(warehouse, catalogue, 0), catalogue)
        pool = _pool(warehouse, catalogue, tonight) if learned else None
        ranker, reorder = (learned.ranker, learned.reorder) if learned else (None, None)
        # The explainable score is worked out on past nights, and only where it is used.
        nights = [] if ranker and reorder else past_forecasts(warehouse, catalogue)
        explained = buy_probability(tonight, nights)
        if ranker and pool:
            repeats, new, new_chance = ranked(pool, ranker, catalogue)
            candidates = candidates_table(
                warehouse, catalogue, night=tonight, chance=repeats, new=new, new_chance=new_chance
            )
        else:
            past = [night for night, _ in nights]
            candidates = _candidates(warehouse, catalogue, tonight, chance=explained, nights=past)
        chance = reorder.chance(pool.pair_features) if reorder and pool else explained
        rhythm = read_rhythm(warehouse, catalogue, tonight.history)
        replenishment = replenishment_table(tonight, catalogue, run_date=run_date, chance=chance, rhythm=rhythm)
        customers = customers_table(tonight.history)
    return Scores(
        candidates=candidates.cast(CANDIDATE_SCHEMA),
        replenishment=replenishment.cast(REPLENISHMENT_SCHEMA),
        customers=customers.cast(CUSTOMER_SCHEMA),
    )


def _candidates(
    warehouse: Warehouse, catalogue: Catalogue, tonight: PairForecast, *, chance: Floats, nights: list[PairForecast]
) -> pa.Table:
    guests = warehouse.table("guest_baskets", order_by="order_id, sku")
    new = suggest_new(warehouse, catalogue, tonight, guests)
    past: list[tuple[PairForecast, NewProducts]] = [
        (night, suggest_new(warehouse, catalogue, night, guests)) for night in nights
    ]
    new_chance = new_probability(warehouse, catalogue, new, past)
    return candidates_table(warehouse, catalogue, night=tonight, chance=chance, new=new, new_chance=new_chance)


def _pool(warehouse: Warehouse, catalogue: Catalogue, tonight: PairForecast) -> Pool:
    return read_pool(warehouse, catalogue, tonight, warehouse.table("guest_baskets", order_by="order_id, sku"))
