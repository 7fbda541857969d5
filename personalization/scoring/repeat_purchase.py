"""Will the customer order again, how often and for how much: MBG/NBD by maximum likelihood, and a shrunk order value.

Batislam, Denizel and Filiztekin (2007): while active, a customer orders at a rate drawn from a gamma (r, alpha); after
the first and after every order they leave with a chance drawn from a beta (a, b). An order here is a day with orders.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.special import betaln, gammaln, hyp2f1

from personalization.scoring.arrays import MILLIONTH, Floats, divided, floats, rounded
from personalization.scoring.history import History

REPEAT_DAYS, YEAR_DAYS = 90, 365
ENOUGH_REPEATERS = 100  # customers with a second order; below it the four parameters are not to be trusted (our choice)
MANY_CUSTOMERS = 50_000  # from here on the fit works on whole weeks, of which there are few distinct ones
_START = np.log([0.5, 60.0, 0.5, 2.0])  # r, alpha in days, a, b
_BOUNDS = [(-5.0, 8.0), (-2.0, 12.0), (-5.0, 6.0), (-5.0, 8.0)]
_PENALTY = 1e-3  # on the log parameters, for each customer: keeps flat likelihoods from running off
# The simple rate is worth one customer's year more of the shop's mean.
_PRIOR_SHAPE = 1.0
_PRIOR_DAYS = 365.0  # a shop without any repeat order is taken to see one a year


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProcess:
    """The fitted shop: r and alpha (days) of the order rate, a and b of the chance to leave after an order.

    a = 0 stands for the simple rate, in which nobody leaves.
    """

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCounts:
    """Per customer: repeats (order days after the first), recency (days, first to last), age (days since the first)."""

    repeats: Floats
    recency: Floats
    age: Floats


def order_counts(history: History) -> OrderCounts:
    """Return each customer's order counts up to the history's night."""
    first, last = floats(history.customers, "first_day"), floats(history.customers, "last_day")
    return OrderCounts(
        repeats=floats(history.customers, "order_days") - 1, recency=last - first, age=history.day - first
    )


def fit_orders(counts: OrderCounts) -> OrderProcess:
    """Return the order process of a shop: MBG/NBD from 100 repeat customers on, else a shrunk rate without leaving."""
    if (counts.repeats > 0).sum() < ENOUGH_REPEATERS:
        rate = (counts.repeats.sum() + _PRIOR_SHAPE) / (counts.age.sum() + _PRIOR_DAYS)
        return OrderProcess(r=_PRIOR_SHAPE, alpha=_PRIOR_SHAPE / rate, a=0.0, b=1.0)
    from scipy.optimize import minimize  # half a second to load, which every command would wait for

    rows = np.column_stack([counts.repeats, counts.recency, counts.age])
    if len(rows) > MANY_CUSTOMERS:
        rows[:, 1:] = np.floor(rows[:, 1:] / 7 + 0.5) * 7
    unique, weight = np.unique(rows, axis=0, return_counts=True)
    repeats, recency, age = unique.T
    share = weight / weight.sum()

    def loss(log_parameters: Floats) -> float:
        likelihood = (share * _log_likelihood(np.exp(log_parameters), repeats, recency, age)).sum()
        return float(-likelihood + _PENALTY * (log_parameters - _START) @ (log_parameters - _START))

    best = minimize(loss, _START, method="L-BFGS-B", bounds=_BOUNDS)
    r, alpha, a, b = (float(value) for value in np.exp(best.x))
    return OrderProcess(r=r, alpha=alpha, a=a, b=b)


def _log_likelihood(parameters: Floats, repeats: Floats, recency: Floats, age: Floats) -> Floats:
    r, alpha, a, b = parameters
    rate = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
    stayed = betaln(a, b + repeats + 1) - betaln(a, b) - (r + repeats) * np.log(alpha + age)
    left = betaln(a + 1, b + repeats) - betaln(a, b) - (r + repeats) * np.log(alpha + recency)
    return np.asarray(rate + np.logaddexp(stayed, left), dtype=np.float64)


def chance_active(process: OrderProcess, counts: OrderCounts) -> Floats:
    """Return the probability that each customer has not left for good."""
    if process.a == 0:
        return np.ones_like(counts.age)
    shape = process.r + counts.repeats
    odds_left = np.log(process.a / (process.b + counts.repeats)) + shape * np.log(
        (process.alpha + counts.age) / (process.alpha + counts.recency)
    )
    return np.asarray(1 / (1 + np.exp(np.minimum(odds_left, 700))), dtype=np.float64)


def chance_of_order(process: OrderProcess, counts: OrderCounts, days: int) -> Floats:
    """Return the probability of at least one order in the next *days*."""
    reach = process.alpha + counts.age
    none = (reach / (reach + days)) ** (process.r + counts.repeats)
    return np.asarray(chance_active(process, counts) * (1 - none), dtype=np.float64)


def expected_orders(process: OrderProcess, counts: OrderCounts, days: int) -> Floats:
    """Return the expected number of order days in the next *days*.

    For an active customer with rate l and chance p to leave it is (1 - exp(-l p days)) / p; the mean over the
    customer's own gamma is taken in closed form, that over the beta in the hypergeometric function.
    """
    shape, reach = process.r + counts.repeats, process.alpha + counts.age
    if process.a == 0:
        return np.asarray(shape / reach * days, dtype=np.float64)
    a = process.a if abs(process.a - 1) > 1e-4 else 1 + 1e-4  # the closed form has a removable hole at 1
    b = process.b + counts.repeats + 1
    series = hyp2f1(shape, b, a + b - 1, days / (reach + days))
    whole = (a + b - 1) / (a - 1) * (1 - (reach / (reach + days)) ** shape * series)
    most = shape / reach * days  # if nobody left; also where the series overflows
    whole = np.where(np.isfinite(whole), whole, most)
    return np.asarray(chance_active(process, counts) * np.clip(whole, 0.0, most), dtype=np.float64)


def order_value(history: History) -> Floats:
    """Return the expected value of each customer's next order day in cents, shrunk towards the shop's mean.

    The weight of the own mean is n / (n + k), k the variance of log values within customers over that between them.
    """
    days, total = floats(history.customers, "valued_days"), floats(history.customers, "log_value") * MILLIONTH
    squares = floats(history.customers, "log_value_value") * MILLIONTH**2
    level = divided(total, days)
    within = (np.where(days > 1, squares - days * level**2, 0.0).sum() + 10 * 0.5) / (
        np.maximum(days - 1, 0).sum() + 10
    )
    own = level[days > 0]
    noise = (within / days[days > 0]).mean() if len(own) else 0.0
    between = max((own.var() if len(own) > 1 else 0.0) - noise, 0.05)
    k = within / between
    value = floats(history.customers, "value_cents")
    mean = divided(value, days)
    shop = mean[days > 0].mean() if len(own) else 0.0
    return np.asarray((days * mean + k * shop) / (days + k), dtype=np.float64)


def customers_table(history: History) -> pa.Table:
    """Return ``scores/customers.parquet``: one row for each customer with an order."""
    counts = order_counts(history)
    if history.customers.num_rows == 0:
        process = OrderProcess(r=_PRIOR_SHAPE, alpha=_PRIOR_DAYS, a=0.0, b=1.0)
    else:
        process = fit_orders(counts)
    orders = rounded(expected_orders(process, counts, YEAR_DAYS))
    value = np.floor(orders * order_value(history) + 0.5).astype(np.int64)
    return pa.table(
        {
            "customer_id": history.customers["customer_id"],
            "repeat_probability_90d": rounded(chance_of_order(process, counts, REPEAT_DAYS)),
            "expected_orders_365d": orders,
            "expected_value_365d_cents": value,
            "days_since_order": (counts.age - counts.recency).astype(np.int64),
            "order_count": history.customers["orders"],
        }
    )
