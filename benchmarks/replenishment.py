"""When will a customer buy a product again, and will it be within a fortnight? On Online Retail.

    python benchmarks/replenishment.py --online-retail A.parquet B.parquet

Date: for each customer and product bought on four days or more, the last purchase is the truth, where it came within
180 days; the date is foretold on the day of the purchase before, from the gaps until then (of all customers, each
without its last). Median absolute error in days and the share within a week. Baselines: the median gap of the pair, and
that of all pairs. The product: the renewal model that plans replenishment.

Fortnight: on four nights, for each customer and product bought in the year before, whether it is bought in the 14 days
after, from what was known that night. Average precision, Brier score and calibration error (ECE, ten bins of as many
pairs each). Baseline: how near the night lies to the due date by the pair's median gap (by the product's, then all,
where it has none). The product: the explainable buy_probability of scores/replenishment.parquet, what the training of
that night learned from every pair of the nights before, and its ranker (pairs outside its candidates count as never).

Nothing is tuned on what is judged.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.metrics import average_precision_score

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from personalization import journey
from personalization.records import AsOf
from personalization.scoring import train
from personalization.scoring.arrays import Flags, Floats, Ints, codes, floats, ints, sums
from personalization.scoring.history import (
    HORIZON_DAYS,
    History,
    build_purchases,
    is_among,
    pair_key,
    read_catalogue,
    read_history,
)
from personalization.scoring.judging import calibration_error
from personalization.scoring.pool import read_pool
from personalization.scoring.renewal import GapSums, fit_renewal
from personalization.scoring.replenishment import buy_probability, forecast, past_forecasts
from personalization.sources.folder import take_snapshot
from personalization.sources.online_retail import import_online_retail
from personalization.warehouse import Warehouse

AFTER_ALL = datetime(2012, 1, 1)  # noqa: DTZ001 - instants are naive UTC
NIGHTS = (date(2011, 3, 20), date(2011, 6, 20), date(2011, 9, 20), date(2011, 11, 20))
LAST_DAY = date(2011, 12, 9)
LEAST_GAPS, MOST_DAYS = 2, 180


def measure_dates(customer: Ints, product: Ints, day: Ints) -> dict[str, Any]:
    """Return the errors of the foretold dates, from customer, product (places) and day of each purchase day."""
    pair = np.unique(customer * (int(product.max()) + 1) + product, return_inverse=True)[1].astype(np.int64)
    order = np.lexsort((day, pair))
    pair, customer, product, day = pair[order], customer[order], product[order], day[order]
    follows = np.r_[False, pair[1:] == pair[:-1]]
    gap = np.r_[0, np.diff(day)]
    is_last = np.r_[pair[1:] != pair[:-1], True]
    known = follows & ~is_last
    pairs = int(pair.max()) + 1
    count = np.bincount(pair[known], minlength=pairs).astype(np.float64)
    truth = np.zeros(pairs)
    truth[pair[follows & is_last]] = gap[follows & is_last]
    asked = np.flatnonzero((count >= LEAST_GAPS) & (truth > 0) & (truth <= MOST_DAYS))
    of_pair = np.zeros(pairs, dtype=np.int64)
    of_pair[pair] = product
    who = np.zeros(pairs, dtype=np.int64)
    who[pair] = customer
    log_gap = np.log(np.maximum(gap, 1))
    nothing = np.zeros(pairs)
    renewal = fit_renewal(
        GapSums(
            count=count,
            gap=sums(log_gap[known], pair[known], pairs),
            gap_gap=sums(log_gap[known] ** 2, pair[known], pairs),
            qty=nothing,
            qty_qty=nothing,
            gap_qty=nothing,
        ),
        units=np.ones(pairs),
        product=of_pair,
        category_of_product=np.full(int(product.max()) + 1, -1),
        customer=who,
    )
    foretold = {
        "median_of_all": np.full(pairs, np.median(gap[known])),
        "median_of_pair": _medians(pair[known], gap[known], pairs),
        "product_renewal": np.exp(renewal.log_days),
    }
    return {
        "pairs": len(asked),
        "models": {name: _errors(days[asked], truth[asked]) for name, days in foretold.items()},
    }


def _errors(foretold: Floats, truth: Floats) -> dict[str, float]:
    error = np.abs(np.floor(foretold + 0.5) - truth)
    return {
        "median_error_days": round(float(np.median(error)), 2),
        "mean_error_days": round(float(error.mean()), 2),
        "within_week": round(float((error <= 7).mean()), 4),
    }


def _medians(group: Ints, value: Ints, groups: int) -> Floats:
    """Return the median of each group's values, NaN where it has none."""
    order = np.lexsort((value, group))
    group, value = group[order], value[order]
    count = np.bincount(group, minlength=groups)
    first = np.cumsum(count) - count
    has = count > 0
    median = np.full(groups, np.nan)
    low, high = first + (count - 1) // 2, first + count // 2
    median[has] = (value[low[has]] + value[high[has]]) / 2
    return median


def measure_night(data: Path, night: date) -> dict[str, Any]:
    """Return the figures of the fortnight after one night, for the data folder of canonical tables."""
    later = AsOf(run_date=night + timedelta(days=HORIZON_DAYS), timezone="UTC")
    with _warehouse(data, later) as after:
        bought = after.read("scoring/bought_between", day=-HORIZON_DAYS, until=0)
    as_of = AsOf(run_date=night, timezone="UTC")
    with _warehouse(data, as_of) as warehouse:
        trained = train(warehouse, cutoff=as_of.cutoff, seed=0)
        catalogue = read_catalogue(warehouse)
        tonight = forecast(read_history(warehouse, catalogue, 0), catalogue)
        history, products = tonight.history, len(catalogue)
        guests = warehouse.table("guest_baskets", order_by="order_id, sku")
        scores = {
            "near_median_due_date": _nearness(warehouse, history, catalogue.sku),
            "product_buy_probability": buy_probability(tonight, past_forecasts(warehouse, catalogue)),
        }
        ranker, reorder = trained.fitted.ranker, trained.fitted.reorder
        if ranker is not None and reorder is not None:
            pool = read_pool(warehouse, catalogue, tonight, guests)
            scores["product_ranker"] = pool.of_repeats(ranker.chance(pool.described.features), products)
            scores["product_reorder"] = reorder.chance(pool.pair_features)
    customer = codes(bought["customer_id"], history.customers["customer_id"])
    product = codes(bought["sku"], catalogue.sku)
    is_known = (customer >= 0) & (product >= 0)
    truth = np.sort(pair_key(customer, product, products)[is_known])
    is_hit = is_among(pair_key(history.customer, history.product, products), truth)
    return {
        "night": night.isoformat(),
        "pairs": len(is_hit),
        "bought_again": int(is_hit.sum()),
        "ranker_is_used": trained.ranking.is_better,
        "reorder_is_used": trained.reordering.is_better,
        "models": {
            name: _judged(score, is_hit, is_chance=name.startswith("product")) for name, score in scores.items()
        },
    }


def _judged(score: Floats, is_hit: Flags, *, is_chance: bool) -> dict[str, float]:
    found = {"average_precision": round(float(average_precision_score(is_hit, score)), 4)}
    if is_chance:
        found["brier"] = round(float(np.mean((score - is_hit) ** 2)), 5)
        found["ece"] = round(calibration_error(score, is_hit), 5)
    return found


def _nearness(warehouse: Warehouse, history: History, sku: pa.ChunkedArray) -> Floats:
    """Return minus the days between the night and each pair's due date by its median gap."""
    products = len(sku)
    days = warehouse.read("scoring/purchases_known", day=0)
    customer = codes(days["customer_id"], history.customers["customer_id"])
    product = codes(days["sku"], sku)
    key = pair_key(customer, product, products)
    day = ints(days, "bought_day")
    order = np.lexsort((day, key))
    key, day = key[order], day[order]
    follows = np.r_[False, key[1:] == key[:-1]]
    gap = np.r_[0, np.diff(day)]
    known, place = np.unique(key, return_inverse=True)
    of_pair = _medians(place[follows], gap[follows], len(known))
    of_product = _medians((key % products)[follows], gap[follows], products)
    own = of_pair[np.searchsorted(known, pair_key(history.customer, history.product, products))]
    usual = np.where(np.isnan(of_product), np.median(gap[follows]), of_product)[history.product]
    since = -floats(history.pairs, "last_day")
    return -np.abs(since - np.where(np.isnan(own), usual, own))


def _warehouse(data: Path, as_of: AsOf) -> Warehouse:
    snapshot = data / "snapshots" / as_of.run_date.isoformat()
    take_snapshot(data=data, out=snapshot, cutoff=as_of.cutoff, now=AFTER_ALL, max_bad_share=1.0)
    warehouse = Warehouse()
    warehouse.load_canonical(snapshot)
    journey.build_journey(warehouse, cutoff=as_of.cutoff)
    build_purchases(warehouse, as_of.cutoff)
    return warehouse


def _purchase_days(data: Path) -> tuple[Ints, Ints, Ints]:
    """Return customer, product and day of each purchase day."""
    with _warehouse(data, AsOf(run_date=LAST_DAY, timezone="UTC")) as warehouse:
        table = warehouse.table("purchase_days", order_by="customer_id, sku, bought_day")
    return _numbers(table["customer_id"]), _numbers(table["sku"]), ints(table, "bought_day")


def _numbers(column: pa.ChunkedArray) -> Ints:
    return np.asarray(column.combine_chunks().dictionary_encode().indices.to_numpy(), dtype=np.int64)


def figures(files: Sequence[Path]) -> dict[str, Any]:
    """Return the figures of Online Retail; where its files are not there, it is skipped and says so."""
    if not files or not all(path.exists() for path in files):
        return {"online_retail": "skipped: no files"}
    with tempfile.TemporaryDirectory(prefix="postlude-") as made:
        data = Path(made)
        import_online_retail(list(files), out=data, product_types=None)
        nights = [measure_night(data, night) for night in NIGHTS]
        dates = measure_dates(*_purchase_days(data))
    means = {
        model: {
            figure: round(float(np.mean([night["models"][model][figure] for night in nights])), 5)
            for figure in nights[0]["models"][model]
        }
        for model in nights[0]["models"]
    }
    return {"online_retail": {"dates": dates, "fortnight": {"nights": nights, "means": means}}}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--online-retail", type=Path, nargs="*", default=[])
    print(json.dumps(figures(parser.parse_args().online_retail), indent=1))
