"""Empirical-Bayes renewal: how long a supply lasts, from the sums of log gaps between purchases.

The log of a gap is taken as normal around ``level + elasticity * log(units)``. The level of a customer and product is
shrunk towards what its product and its customer let expect: the product's level, that towards the category's, that
towards the shop's, and by how much the customer is faster or slower with everything; each by how much such levels
really differ (variance components by the method of moments). Robbins (1956); Searle, Casella and McCulloch, Variance
Components (1992).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from personalization.scoring.arrays import Flags, Floats, Ints, divided, sums

# A shop with few gaps borrows these; a shop with many does not notice. On Online Retail within 1.1, between 0.9.
PRIOR_VARIANCE = 0.5
PRIOR_COUNT = 20.0
LEAST_VARIANCE = 0.01
PRIOR_LEVEL = float(np.log(60.0))  # days; used only where a shop has no gap at all, and never to remind
# How much longer twice the units last: 1 is twice as long (R61), until the shop's own gaps say otherwise.
PRIOR_ELASTICITY = 1.0
PASSES = 2  # products and customers are told apart in turns; a third pass changes nothing that can be seen
SHOP_ELASTICITY_WEIGHT = 25.0  # in sums of squares of log units
CATEGORY_ELASTICITY_WEIGHT = 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class GapSums:
    """Sums over each pair's gaps: count, log gap, log units, their squares and product. One entry a pair."""

    count: Floats
    gap: Floats
    gap_gap: Floats
    qty: Floats
    qty_qty: Floats
    gap_qty: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """The log-normal length of each pair's present supply: log_days is the log of the median, spread its deviation.

    within is the variance of one pair's log gaps around its own level.
    """

    log_days: Floats
    spread: Floats
    within: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """What is expected of each pair: level and its doubt (variance). between is how much pairs differ around it."""

    level: Floats
    doubt: Floats
    between: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pool:
    between: float
    mean: Floats
    variance: Floats
    is_known: Flags


def fit_renewal(
    gaps: GapSums, *, units: Floats, product: Ints, category_of_product: Ints, customer: Ints | None = None
) -> Renewal:
    """Return how long each pair's present supply of *units* lasts.

    product gives each pair's product, category_of_product each product's category, -1 for none. customer, where given,
    each pair's customer: some buy everything more often than others.
    """
    elasticity = _elasticities(gaps, product=product, category_of_product=category_of_product)[product]
    level, within = _levels(gaps, elasticity)
    noise = divided(np.full_like(level, within), gaps.count)
    has_gap = gaps.count > 0
    pace = _Pace(level=np.zeros_like(level), doubt=np.zeros_like(level), between=0.0)
    for _ in range(1 if customer is None else PASSES):
        expected = _of_product(level - pace.level, noise, has_gap, product, category_of_product)
        if customer is not None:
            pace = _of_customer(level - expected.level, noise, has_gap, customer)
    between = expected.between if customer is None else pace.between
    precision = gaps.count / within + 1 / between
    own_share = gaps.count / within / precision
    pair_level = own_share * level + (1 - own_share) * (expected.level + pace.level)
    doubt = 1 / precision + (1 - own_share) ** 2 * (expected.doubt + pace.doubt)
    return Renewal(log_days=pair_level + elasticity * np.log(units), spread=np.sqrt(within + doubt), within=within)


def _of_product(level: Floats, noise: Floats, has_gap: Flags, product: Ints, category_of_product: Ints) -> _Pace:
    """Return the level that each pair's product lets expect, shrunk towards its category's and the shop's."""
    products = len(category_of_product)
    of_product = _pool(level, noise, product, products, has_gap)
    in_category = category_of_product >= 0
    categories = int(category_of_product.max(initial=-1)) + 1
    category = np.where(in_category, category_of_product, categories)  # one more group for products of no category
    of_category = _pool(of_product.mean, of_product.variance, category, categories + 1, of_product.is_known)
    one_shop = np.zeros(categories + 1, dtype=np.int64)
    of_shop = _pool(of_category.mean, of_category.variance, one_shop, 1, of_category.is_known)

    top = np.where(of_shop.is_known, of_shop.mean, PRIOR_LEVEL)[one_shop]
    category_level, category_doubt = _shrink(of_category, top, of_shop.between)
    product_level, product_doubt = _shrink(of_product, category_level[category], of_category.between)
    product_doubt = product_doubt + _carried(of_product, of_category.between) * category_doubt[category]
    return _Pace(level=product_level[product], doubt=product_doubt[product], between=of_product.between)


def _of_customer(beyond: Floats, noise: Floats, has_gap: Flags, customer: Ints) -> _Pace:
    """Return how far each pair's customer lies from what products let expect, shrunk towards not at all."""
    customers = int(customer.max(initial=-1)) + 1
    of_customer = _pool(beyond, noise, customer, customers, has_gap)
    one_shop = np.zeros(customers, dtype=np.int64)
    of_shop = _pool(of_customer.mean, of_customer.variance, one_shop, 1, of_customer.is_known)
    pace, doubt = _shrink(of_customer, np.zeros(customers), of_shop.between)
    return _Pace(level=pace[customer], doubt=doubt[customer], between=of_customer.between)


def chance_within(renewal: Renewal, elapsed_days: Floats, horizon_days: int) -> Floats:
    """Return the probability that the supply ends in the next *horizon_days*, given that it lasted *elapsed_days*."""
    until_now = _chance_by(renewal, elapsed_days)
    until_then = _chance_by(renewal, elapsed_days + horizon_days)
    return np.clip(divided(until_then - until_now, 1 - until_now), 0.0, 1.0)


def _chance_by(renewal: Renewal, days: Floats) -> Floats:
    return np.asarray(ndtr((np.log(np.maximum(days, 0.5)) - renewal.log_days) / renewal.spread), dtype=np.float64)


def _elasticities(gaps: GapSums, *, product: Ints, category_of_product: Ints) -> Floats:
    """Return, for each product, how the log gap grows with the log units bought: within pairs, shrunk to shop and 1."""
    squares = gaps.qty_qty - divided(gaps.qty**2, gaps.count)
    products = gaps.gap_qty - divided(gaps.qty * gaps.gap, gaps.count)
    shop = (products.sum() + SHOP_ELASTICITY_WEIGHT * PRIOR_ELASTICITY) / (squares.sum() + SHOP_ELASTICITY_WEIGHT)
    categories = int(category_of_product.max(initial=-1)) + 1
    category = np.where(category_of_product >= 0, category_of_product, categories)
    of_category = sums(products, category[product], categories + 1) + CATEGORY_ELASTICITY_WEIGHT * shop
    weight = sums(squares, category[product], categories + 1) + CATEGORY_ELASTICITY_WEIGHT
    return np.asarray(np.clip(of_category / weight, 0.0, 1.0)[category], dtype=np.float64)


def _levels(gaps: GapSums, elasticity: Floats) -> tuple[Floats, float]:
    """Return each pair's mean log gap for one unit, and the variance within pairs."""
    total = gaps.gap - elasticity * gaps.qty
    squares = gaps.gap_gap - 2 * elasticity * gaps.gap_qty + elasticity**2 * gaps.qty_qty
    level = divided(total, gaps.count)
    spread = np.where(gaps.count > 1, squares - gaps.count * level**2, 0.0).sum()
    freedom = np.maximum(gaps.count - 1, 0).sum()
    within = (spread + PRIOR_COUNT * PRIOR_VARIANCE) / (freedom + PRIOR_COUNT)
    return level, max(float(within), LEAST_VARIANCE)


def _pool(values: Floats, noise: Floats, group: Ints, groups: int, is_known: Flags) -> _Pool:
    """Return each group's mean of its known values, and how much true values differ within a group.

    noise is the sampling variance of each value; it is taken off the spread that is seen.
    """
    known = is_known.astype(np.float64)
    count = sums(known, group, groups)
    centre = divided(sums(values * known, group, groups), count)
    spread = (known * (values - centre[group]) ** 2 * (count[group] > 1)).sum()
    freedom = np.maximum(count - 1, 0)
    expected_noise = (divided(sums(noise * known, group, groups), count) * freedom).sum()
    between = (spread - expected_noise + PRIOR_COUNT * PRIOR_VARIANCE) / (freedom.sum() + PRIOR_COUNT)
    between = max(float(between), LEAST_VARIANCE)
    weight = known / (between + noise)
    total = sums(weight, group, groups)
    return _Pool(
        between=between,
        mean=divided(sums(weight * values, group, groups), total),
        variance=divided(np.ones(groups), total),
        is_known=count > 0,
    )


def _shrink(pool: _Pool, prior: Floats, between: float) -> tuple[Floats, Floats]:
    """Return each group's level after shrinkage to *prior*, and the variance that remains."""
    own = divided(pool.is_known.astype(np.float64), np.where(pool.is_known, pool.variance, 1.0))
    precision = own + 1 / between
    return (own * pool.mean + prior / between) / precision, 1 / precision


def _carried(pool: _Pool, between: float) -> Floats:
    """Return the share of the prior's own variance that stays in a shrunk level."""
    own = divided(pool.is_known.astype(np.float64), np.where(pool.is_known, pool.variance, 1.0))
    return np.asarray((1 / between / (own + 1 / between)) ** 2, dtype=np.float64)
