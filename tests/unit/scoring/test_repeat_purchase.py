"""Whether a customer comes back, how often and for how much."""

import numpy as np
import pytest

from personalization.scoring.repeat_purchase import (
    OrderCounts,
    OrderProcess,
    chance_active,
    chance_of_order,
    expected_orders,
    fit_orders,
)
from tests.unit.scoring.nights import regulars, row, scored

PROCESS = OrderProcess(r=0.6, alpha=50.0, a=0.8, b=1.3)


def counts(repeats: list[int], recency: list[int], age: list[int]) -> OrderCounts:
    """Return order counts as float columns."""
    return OrderCounts(repeats=np.array(repeats, float), recency=np.array(recency, float), age=np.array(age, float))


def simulated(process: OrderProcess, customers: int) -> OrderCounts:
    """Return the orders over a year of customers who follow *process*, from a fixed seed."""
    chance = np.random.default_rng(7)
    rate = chance.gamma(process.r, 1 / process.alpha, customers)
    leaving = chance.beta(process.a, process.b, customers)
    stays = np.minimum(chance.geometric(np.maximum(leaving, 1e-9)) - 1, 2000)  # orders after the first before leaving
    gaps = chance.exponential(1 / np.maximum(rate, 1e-9)[:, None], (customers, 200))
    at = np.cumsum(gaps, axis=1)
    happened = (at <= 365) & (np.arange(200) < stays[:, None])
    return counts(happened.sum(1), np.where(happened, at, 0).max(1), np.full(customers, 365))


def test_the_fit_finds_the_process_that_made_the_orders():
    """20,000 simulated customers give back the mean order rate and the mean chance to leave within a tenth."""
    found = fit_orders(simulated(PROCESS, 20_000))

    assert found.r / found.alpha == pytest.approx(PROCESS.r / PROCESS.alpha, rel=0.1)
    assert found.a / (found.a + found.b) == pytest.approx(PROCESS.a / (PROCESS.a + PROCESS.b), rel=0.1)


def test_expected_orders_agree_with_numerical_integration():
    """The closed form equals the mean of (1 - exp(-rate p days)) / p over gamma and beta, drawn from a fixed seed."""
    one = counts([3], [200], [300])
    chance = np.random.default_rng(1)
    rate = chance.gamma(PROCESS.r + 3, 1 / (PROCESS.alpha + 300), 400_000)
    leaving = chance.beta(PROCESS.a, PROCESS.b + 3 + 1, 400_000)

    drawn = float(((1 - np.exp(-rate * leaving * 365)) / leaving).mean() * chance_active(PROCESS, one)[0])

    assert expected_orders(PROCESS, one, 365)[0] == pytest.approx(drawn, rel=0.01)


def test_silence_after_frequent_orders_means_gone():
    """Ten orders and 300 silent days are a lost customer; ten orders and a silent week are not."""
    active = chance_active(PROCESS, counts([10, 10], [60, 353], [360, 360]))

    assert active[0] < 0.1
    assert active[1] > 0.9


def test_longer_horizons_see_more():
    """Chance and expected orders grow with the horizon, and neither passes what an always active customer would do."""
    some = counts([0, 1, 5, 40], [0, 30, 200, 700], [10, 90, 250, 720])

    assert (chance_of_order(PROCESS, some, 90) < chance_of_order(PROCESS, some, 365)).all()
    assert (expected_orders(PROCESS, some, 90) < expected_orders(PROCESS, some, 365)).all()
    assert (chance_of_order(PROCESS, some, 365) <= 1).all()


def test_a_small_shop_gets_a_shrunk_rate():
    """With fewer than 100 repeat customers nobody is taken to have left; the rate is the shop's with one year added."""
    process = fit_orders(counts([1, 0, 0], [100, 0, 0], [200, 200, 235]))

    assert process.a == 0
    assert process.r / process.alpha == pytest.approx((1 + 1) / (635 + 365))


def test_the_customer_row():
    """Two orders on two days, the last 19 days ago; the value is expected orders times a shrunk order value."""
    customer = row(scored(regulars(3, times=2)).customers, customer_id="regular0001")

    assert (customer["order_count"], customer["days_since_order"]) == (2, 19)
    assert 0 < customer["repeat_probability_90d"] < 1
    assert customer["expected_value_365d_cents"] == pytest.approx(1000 * customer["expected_orders_365d"], abs=1)


def test_returned_orders_bring_no_value():
    """A customer whose only order came back is worth less than one who kept the same order."""
    lines = """
    customer_id | sku | placed_at        | is_returned
    ann         | cup | 2011-11-01 10:00 | true
    bob         | cup | 2011-11-01 10:00 | false
    """

    table = scored(lines).customers

    value = {name: row(table, customer_id=name)["expected_value_365d_cents"] for name in ("ann", "bob")}
    assert value["ann"] <= value["bob"]
