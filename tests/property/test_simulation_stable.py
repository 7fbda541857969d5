"""What is simulated for one order depends on nothing but that order, its customer and the seed."""

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from personalization.simulation import simulate_operations
from personalization.simulation.chance import pick, uniform
from tests.lib.tables import data_folder

UNTIL = datetime(2011, 11, 21)
TABLES = ("shipments", "shipment_lines", "tracking_events", "tickets", "consents", "messages")
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)  # a world takes half a second, shrinking minutes
orders = st.lists(
    st.tuples(st.integers(1, 400), st.integers(0, 24 * 60), st.sampled_from(["-", "c1", "c2", "c3"])),
    min_size=2,
    max_size=12,
    unique_by=lambda order: order[0],
)


def _world(given_orders: list[tuple[int, int, str]], *, until: datetime = UNTIL) -> dict[str, list[dict[str, Any]]]:
    with tempfile.TemporaryDirectory() as folder:
        data = data_folder(
            Path(folder) / "data",
            customers="""
                customer_id | country | created_at
                c1          | GB      | 2010-01-01
                c2          | FR      | 2010-01-01
                c3          | GB      | 2010-01-01""",
            orders="order_id | customer_id | placed_at\n"
            + "\n".join(
                f"o{number} | {customer} | {(UNTIL - timedelta(hours=hours)).isoformat()}"
                for number, hours, customer in given_orders
            ),
            order_lines="order_line_id | order_id | sku\n"
            + "\n".join(f"o{number}-{line} | o{number} | CUP" for number, _, _ in given_orders for line in range(3)),
        )
        simulate_operations(data, seed=7, until=until)
        return {name: pq.read_table(data / f"{name}.parquet").to_pylist() for name in TABLES}


@settings(max_examples=5, deadline=None, phases=UNSHRUNK)
@given(orders, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(found: list[tuple[int, int, str]], random: Any) -> None:
    """Shuffled purchases give the same world."""
    shuffled = random.sample(found, len(found))

    assert _world(found) == _world(shuffled)


@settings(max_examples=5, deadline=None, phases=UNSHRUNK)
@given(orders)
def test_later_orders_change_nothing_about_earlier_ones(found: list[tuple[int, int, str]]) -> None:
    """The world of the earlier half of the orders stays in the world of all of them."""
    ordered = sorted(found, key=lambda order: (-order[1], order[0]))
    earlier = ordered[: max(len(ordered) // 2, 1)]
    before, after = _world(earlier), _world(ordered)

    for name in TABLES:
        assert [row for row in before[name] if row not in after[name]] == [], name


@settings(max_examples=5, deadline=None, phases=UNSHRUNK)
@given(orders, st.integers(1, 20))
def test_an_earlier_end_shows_what_was_known_then(found: list[tuple[int, int, str]], days: int) -> None:
    """A world that ends earlier has exactly the scans of the longer one that were learned before its end."""
    end = UNTIL - timedelta(days=days)
    shorter, longer = _world(found, until=end), _world(found)

    assert shorter["tracking_events"] == [row for row in longer["tracking_events"] if row["received_at"] < end]


@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=50), st.integers(0, 2**31))
def test_draws_are_shares_that_belong_to_their_key(keys: list[int], seed: int) -> None:
    """A draw lies from 0 up to 1 and is the same alone as among others."""
    array = np.array(keys, dtype=np.uint64)
    draws = uniform(array, seed=seed, purpose="anything")

    assert ((draws >= 0) & (draws < 1)).all()
    assert draws[-1] == uniform(array[-1:], seed=seed, purpose="anything")[0]


def test_draws_are_spread_evenly() -> None:
    """Of many neighbouring keys a quarter falls into each quarter, for one purpose and for two together."""
    keys = np.arange(40_000, dtype=np.uint64)
    first, second = (pick(uniform(keys, seed=1, purpose=purpose), (0.25, 0.25, 0.25)) for purpose in ("a", "b"))
    counts = np.bincount(first * 4 + second, minlength=16)

    assert (abs(counts - 2500) < 250).all()
