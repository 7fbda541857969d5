"""Shops with next to nothing: fall-backs and empty tables, never a crash."""

import pytest

from personalization.scoring.scores import CANDIDATE_SCHEMA, CUSTOMER_SCHEMA, REPLENISHMENT_SCHEMA
from tests.unit.scoring.nights import regulars, scored

ONE_GUEST = "order_id | customer_id | sku | placed_at\ng1 | - | cup | 2011-11-01 10:00"
TOMORROW = "customer_id | sku | placed_at\nann | cup | 2011-11-21 10:00"


@pytest.mark.parametrize(
    "lines", [[], ONE_GUEST, TOMORROW], ids=["no orders", "a guest only", "orders after the night only"]
)
def test_nobody_to_score(lines):
    """Without a known customer before the cutoff every table is there, in its schema, without rows."""
    scores = scored(lines)

    assert scores.candidates.equals(CANDIDATE_SCHEMA.empty_table())
    assert scores.replenishment.equals(REPLENISHMENT_SCHEMA.empty_table())
    assert scores.customers.equals(CUSTOMER_SCHEMA.empty_table())


def test_one_customer_with_one_order():
    """One line makes one repeat candidate, one silent replenishment row and one customer, without a catalogue."""
    scores = scored("customer_id | sku | placed_at\nann | cup | 2011-11-01 10:00")

    assert scores.candidates["is_repeat"].to_pylist() == [True]
    assert scores.replenishment["basis"].to_pylist() == [None]
    assert 0 < scores.customers["repeat_probability_90d"][0].as_py() < 1


@pytest.mark.parametrize("customers", [50, 150])
def test_a_small_shop_has_sensible_probabilities(customers):
    """50 customers fall back, 150 alike customers are fitted; both give probabilities and finite values."""
    scores = scored(regulars(customers, every_days=30, times=4))

    assert all(0 <= chance <= 1 for chance in scores.replenishment["buy_probability"].to_pylist())
    assert all(0 <= chance <= 1 for chance in scores.candidates["score"].to_pylist())
    assert all(0 < orders < 40 for orders in scores.customers["expected_orders_365d"].to_pylist())


def test_a_catalogue_whose_products_nobody_buys():
    """Products without a buyer are not recommended by popularity, since there is none."""
    scores = scored("customer_id | sku | placed_at\nann | cup | 2011-11-01 10:00", products="sku\nvase\ncup")

    assert scores.candidates["sku"].to_pylist() == ["cup"]
