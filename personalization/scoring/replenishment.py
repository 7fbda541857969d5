"""When each customer will need each product again, how sure that is, and what it rests on.

The due date comes from the renewal model by the ladder personal → product → category → authored days of supply →
silence. The probability of a purchase in the next 14 days joins the renewal with how alive the customer is, and is
calibrated on the last nights whose fortnight is already known.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from personalization.scoring.arrays import Flags, Floats, Ints, dates, flags, floats, logit, rounded, sums
from personalization.scoring.calibration import ENOUGH_HITS, fit_logistic, scale_to_hits
from personalization.scoring.history import (
    HORIZON_DAYS,
    Catalogue,
    History,
    bought_after,
    gap_sums,
    is_among,
    order_gap_sums,
    pair_key,
    popularity,
    read_history,
)
from personalization.scoring.renewal import Renewal, chance_within, fit_renewal
from personalization.scoring.rhythm import Rhythm
from personalization.warehouse import Warehouse

PERSONAL_GAPS = 2  # T9: three purchases of the product
PRODUCT_REPURCHASERS = 40  # T9: customers who bought it again
CATEGORY_REPURCHASERS = 40  # our choice: the product's own minimum, over the category
QUARTILE = 0.6744897501960817  # of the normal distribution: the 25 % and 75 % bounds
LONGEST_DAYS = 1095.0  # our choice: nobody is reminded of what lasts longer than three years
MOST_PAST_NIGHTS = 6  # nights, a fortnight apart, that a small shop's calibration may look back
ENOUGH_PAST_HITS = 1000  # purchases after which no further past night is read
# How much of the renewal's probability came true on Online Retail, five nights of 2010-11: not everyone comes back.
PRIOR_RATIO, PRIOR_EXPECTED = 0.2, 20.0
_BASES = pa.array(["personal", "product", "category", "authored"])
PAIR_FEATURES = (
    "renewal_odds",  # log odds of a purchase in the horizon, by the renewal
    "purchases",
    "days_of_supply_gone",
    "days_since_first",
    "buyers_lately",
    "renewal_odds_if_active",  # times the next
    "activity_odds",  # log odds of an order in the horizon, by the renewal of order days
    "days_since_last_order",
    "order_days",
    "order_gap",
    "days_an_order",
)
_STRATA = (1, 2, 3)  # purchases of the product; the last stands for three and more


@dataclass(frozen=True, slots=True, kw_only=True)
class PairForecast:
    """A night's forecast for each of its pairs.

    expected is the renewal's own probability; features has one row a pair in the order of PAIR_FEATURES, of_customer
    one a customer, in the order of its last five.
    """

    history: History
    renewal: Renewal
    expected: Floats
    features: Floats
    of_customer: Floats


def forecast(history: History, catalogue: Catalogue) -> PairForecast:
    """Return the renewal of each pair and the features that its probability is calibrated on."""
    units = floats(history.pairs, "supply_units")
    renewal = fit_renewal(
        gap_sums(history),
        units=units,
        product=history.product,
        category_of_product=catalogue.category,
        customer=history.customer,
    )
    elapsed = history.days_since("supply_day")
    expected = chance_within(renewal, elapsed, HORIZON_DAYS)
    of_customer = _customer_features(history)
    of_pair = [
        logit(expected),
        np.log(floats(history.pairs, "purchases")),
        np.log1p(elapsed),
        np.log1p(history.days_since("first_day")),
        np.log1p(popularity(history, len(catalogue)))[history.product],
        logit(expected) * of_customer[history.customer, 0],
    ]
    features = np.column_stack([*of_pair, of_customer[history.customer]])
    return PairForecast(history=history, renewal=renewal, expected=expected, features=features, of_customer=of_customer)


def _customer_features(history: History) -> Floats:
    """Return the features that belong to the customer, one row each."""
    customers = history.customers.num_rows
    together = np.zeros(customers, dtype=np.int64)
    renewal = fit_renewal(
        order_gap_sums(history), units=np.ones(customers), product=together, category_of_product=np.array([-1])
    )
    since_last = history.day - floats(history.customers, "last_day")
    since_first = history.day - floats(history.customers, "first_day")
    order_days = floats(history.customers, "order_days")
    activity = logit(chance_within(renewal, since_last, HORIZON_DAYS))
    rate = np.log(np.maximum(since_first, HORIZON_DAYS) / order_days)
    return np.column_stack([activity, np.log1p(since_last), np.log(order_days), renewal.log_days, rate])


def past_forecasts(warehouse: Warehouse, catalogue: Catalogue, *, before: int = 0) -> list[tuple[PairForecast, Flags]]:
    """Return the forecasts of nights before day *before* with what came true by then, until enough purchases were seen.

    Newest first.
    """
    nights: list[tuple[PairForecast, Flags]] = []
    hits = 0
    for back in range(1, MOST_PAST_NIGHTS + 1):
        history = read_history(warehouse, catalogue, before - back * HORIZON_DAYS)
        if history.pairs.num_rows == 0 or hits >= ENOUGH_PAST_HITS:
            break
        keys = pair_key(history.customer, history.product, len(catalogue))
        is_hit = is_among(keys, bought_after(warehouse, catalogue, history))
        nights.append((forecast(history, catalogue), is_hit))
        hits += int(is_hit.sum())
    return nights


def buy_probability(tonight: PairForecast, nights: list[tuple[PairForecast, Flags]]) -> Floats:
    """Return the probability that each pair is bought in the next 14 days, calibrated on past *nights*.

    Pairs bought once, twice and more often are fitted apart where each has seen enough purchases.
    """
    if not nights:
        return tonight.expected * PRIOR_RATIO
    features = np.vstack([night.features for night, _ in nights])
    is_hit = np.concatenate([hit for _, hit in nights])
    if is_hit.sum() < ENOUGH_HITS:
        expected = np.concatenate([night.expected for night, _ in nights])
        ratio = scale_to_hits(expected, is_hit, prior_ratio=PRIOR_RATIO, prior_expected=PRIOR_EXPECTED)
        return np.clip(tonight.expected * ratio, 0.0, 1.0)
    chance = fit_logistic(features, is_hit).chance(tonight.features)
    past_stratum, stratum = np.concatenate([_stratum(night) for night, _ in nights]), _stratum(tonight)
    for number in _STRATA:
        past, now = past_stratum == number, stratum == number
        if is_hit[past].sum() >= ENOUGH_HITS:
            chance[now] = fit_logistic(features[past], is_hit[past]).chance(tonight.features[now])
    return chance


def _stratum(night: PairForecast) -> Ints:
    return np.minimum(floats(night.history.pairs, "purchases"), _STRATA[-1]).astype(np.int64)


def replenishment_table(
    tonight: PairForecast, catalogue: Catalogue, *, run_date: date, chance: Floats, rhythm: Rhythm
) -> pa.Table:
    """Return ``scores/replenishment.parquet``: one row for each customer and product bought in the last 365 days.

    A row without basis is silent: nothing dependable says when the supply ends. interval_days is the model's, shrunk
    and scaled to the units last bought, and plans the day; usual_gap_days and the bounds of the middle half of the gaps
    are what was observed on the basis of the row, and may be told.
    """
    pairs = tonight.history.pairs
    basis, log_days, spread = _ladder(tonight, catalogue)
    supply_from = floats(pairs, "supply_day")
    days = {shift: _days(log_days + shift * QUARTILE * spread) for shift in (-1, 0, 1)}
    return pa.table(
        {
            "customer_id": pairs["customer_id"],
            "sku": pairs["sku"],
            "due_on": dates(supply_from + np.floor(days[0] + 0.5), run_date),
            "due_on_early": dates(supply_from + np.floor(days[-1] + 0.5), run_date),
            "due_on_late": dates(supply_from + np.floor(days[1] + 0.5), run_date),
            "buy_probability": rounded(chance),
            "basis": _BASES.take(pa.array(np.maximum(basis, 0), mask=basis < 0)),
            "purchases": pairs["purchases"],
            "interval_days": pa.array(rounded(days[0], 1), from_pandas=True),
            "last_bought_on": dates(floats(pairs, "last_day"), run_date),
            "supply_from_on": dates(supply_from, run_date),
            "supply_units": pairs["supply_units"],
            **rhythm.of(basis),
        }
    )


def _days(log_days: Floats) -> Floats:
    return np.exp(np.minimum(log_days, np.log(LONGEST_DAYS)))


def _ladder(tonight: PairForecast, catalogue: Catalogue) -> tuple[Ints, Floats, Floats]:
    """Return each pair's basis (place in _BASES, -1 for silence), log of days and their deviation (NaN for silence)."""
    history, product = tonight.history, tonight.history.product
    gaps = floats(history.pairs, "gaps")
    again = sums((gaps > 0).astype(np.float64), product, len(catalogue))
    in_category = catalogue.category >= 0
    categories = int(catalogue.category.max(initial=-1)) + 1
    of_category = sums(again[in_category], catalogue.category[in_category], categories)
    category_again = np.append(of_category, 0.0)[catalogue.category]  # -1, no category, takes the appended 0
    authored = catalogue.days_of_supply[product]
    steps = [
        gaps >= PERSONAL_GAPS,
        (again >= PRODUCT_REPURCHASERS)[product],
        (category_again >= CATEGORY_REPURCHASERS)[product],
        np.isfinite(authored),
    ]
    basis = np.select(steps, [0, 1, 2, 3], default=-1)
    basis = np.where(flags(history.pairs, "is_subscription"), -1, basis)  # a subscription brings the next one by itself
    written = np.log(np.where(np.isfinite(authored), authored, 1.0) * floats(history.pairs, "supply_units"))
    log_days = np.where(basis == 3, written, tonight.renewal.log_days)
    spread = np.where(basis == 3, np.sqrt(tonight.renewal.within), tonight.renewal.spread)
    return basis, np.where(basis < 0, np.nan, log_days), np.where(basis < 0, np.nan, spread)
