"""What is simulated for one order depends on nothing but that order, its customer and the seed."""

import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from personalization.simulation import WORLD, simulate_operations
from personalization.simulation.chance import pick, uniform
from personalization.simulation.rates import FASHION, HOME, Rates
from tests.lib.tables import data_folder

UNTIL = datetime(2011, 11, 21)
TABLES = ("shipments", "shipment_lines", "tracking_events", "tickets", "consents", "messages")
SHOP_UNTIL = datetime(2024, 6, 1)
SHOP_TABLES = (
    *("shipments", "shipment_lines", "tracking_events", "returns", "return_lines", "refunds", "chargebacks", "claims"),
    *("tickets", "orders", "order_lines"),
)
# So that of a few orders some return, claim, ask and are out of the ordinary.
TROUBLED = replace(
    WORLD,
    operations=Rates(
        goods=(replace(FASHION, return_share=0.6), replace(HOME, return_share=0.3)),
        **dict.fromkeys(("skewed_share", "late_events_share", "damaged_share", "unauthorised_share"), 0.2),
        **dict.fromkeys(("not_received_share", "cancelled_after_share", "goodwill_share", "unanswered_share"), 0.1),
    ),
)
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)  # a world takes half a second, shrinking minutes
orders = st.lists(
    st.tuples(st.integers(1, 400), st.integers(0, 24 * 60), st.sampled_from(["-", "c1", "c2", "c3"])),
    min_size=2,
    max_size=12,
    unique_by=lambda order: order[0],
)


def _shop(given_orders: list[tuple[int, int, str]], *, until: datetime = SHOP_UNTIL) -> dict[str, list[dict[str, Any]]]:
    """Return the tables of a whole shop with these orders, each of a T-shirt, a lamp and a course."""
    with tempfile.TemporaryDirectory() as folder:
        data = data_folder(
            Path(folder) / "data",
            customers="""
                customer_id | country | created_at | email
                71          | GB      | 2024-01-01 | a@mailbox.example
                72          | FR      | 2024-01-01 | b@mailbox.example
                73          | GB      | 2024-01-01 | -""",
            products="""
                sku   | product_type | variant_group | category | price_cents
                TEE-S | fashion      | TEE           | t-shirts | 2000
                TEE-M | fashion      | TEE           | t-shirts | 2000
                LAM   | considered   | -             | lamps    | 9000
                CRS   | digital      | -             | courses  | 4000""",
            orders="order_id | customer_id | placed_at | total_cents\n"
            + "\n".join(
                f"{5500 + number} | {customer.replace('c', '7')} | {SHOP_UNTIL - timedelta(hours=hours)} | 15000"
                for number, hours, customer in given_orders
            ),
            order_lines="order_line_id | order_id | sku\n"
            + "\n".join(
                f"{(5500 + number) * 10 + line} | {5500 + number} | {sku}"
                for number, _, _ in given_orders
                for line, sku in enumerate(("TEE-S", "LAM", "CRS"))
            ),
        )
        simulate_operations(data, seed=7, until=until, parameters=TROUBLED)
        return {path.stem: pq.read_table(path).to_pylist() for path in sorted(data.rglob("*.parquet"))}


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


@settings(max_examples=8, deadline=None, phases=UNSHRUNK)
@given(orders, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter_to_a_whole_shop(found: list[tuple[int, int, str]], random: Any) -> None:
    """Shuffled purchases give the same shop, mail and planted exceptions included."""
    shuffled = random.sample(found, len(found))

    assert _shop(found) == _shop(shuffled)


@settings(max_examples=8, deadline=None, phases=UNSHRUNK)
@given(orders)
def test_later_orders_change_nothing_in_a_whole_shop(found: list[tuple[int, int, str]]) -> None:
    """Everything about the earlier half of the orders stays in the shop of all of them; mail depends on people."""
    ordered = sorted(found, key=lambda order: (-order[1], order[0]))
    earlier = ordered[: max(len(ordered) // 2, 1)]
    before, after = _shop(earlier), _shop(ordered)

    for name in SHOP_TABLES:
        assert [row for row in before[name] if row not in after[name]] == [], name


@settings(max_examples=8, deadline=None, phases=UNSHRUNK)
@given(orders, st.integers(1, 120))
def test_an_earlier_end_of_a_whole_shop_shows_what_was_known_then(found: list[tuple[int, int, str]], days: int) -> None:
    """A shop that ends earlier has exactly the events, mail and cases of the longer one from before its end."""
    end = SHOP_UNTIL - timedelta(days=days)
    shorter, longer = _shop(found, until=end), _shop(found)

    def before(name: str, *columns: str) -> list[dict[str, Any]]:
        return [row for row in longer[name] if all(row[column] < end for column in columns)]

    assert shorter["tracking_events"] == before("tracking_events", "received_at", "occurred_at")
    for name in ("messages", "engagement", "refunds", "consents"):
        assert shorter[name] == before(name, "received_at"), name
    for name, key, begin in (
        ("returns", "return_id", "requested_at"),
        ("claims", "claim_id", "opened_at"),
        ("tickets", "ticket_id", "created_at"),
        ("exceptions", "exception_id", "begins_at"),
    ):
        assert [row[key] for row in shorter[name]] == [row[key] for row in before(name, begin)], name


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
