"""A randomised holdout over many customers finds the lift that is true, and the harm that is true."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from personalization.simulation.chance import uniform
from personalization.simulation.truth import Responses, respond, truth_lift, write_truth

CUSTOMERS = 20_000
ORDERS_EACH = 4
SENT_AT = datetime(2024, 6, 1, 9)
Z = 2.576  # 99 %


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a shop of regulars whose last can for 30 days came a month ago; every second one has a question open."""
    folder = tmp_path_factory.mktemp("shop")
    customer = np.char.add("72", np.char.zfill(np.arange(CUSTOMERS).astype(str), 8))
    owner = np.repeat(customer, ORDERS_EACH)
    order = np.char.add("55", np.char.zfill(np.arange(len(owner)).astype(str), 8))
    back = np.tile(np.arange(ORDERS_EACH) * 40, CUSTOMERS).astype("timedelta64[D]")
    placed = np.datetime64("2024-05-01T09:00:00", "us") - back
    tables = {
        "customers": {"customer_id": customer, "created_at": np.full(CUSTOMERS, np.datetime64("2023-12-01", "us"))},
        "consents": {
            "customer_id": customer,
            "channel": ["email"] * CUSTOMERS,
            "purpose": ["marketing"] * CUSTOMERS,
            "captured_at": np.full(CUSTOMERS, np.datetime64("2023-12-01", "us")),
            "status": ["subscribed"] * CUSTOMERS,
        },
        "products": {
            "sku": ["CAN"],
            "product_type": ["consumable"],
            "days_of_supply": [30],
            "price_cents": [900],
            "status": ["active"],
        },
        "orders": {
            "order_id": order,
            "customer_id": owner,
            "placed_at": placed,
            "total_cents": [900] * len(owner),
            "financial_status": ["paid"] * len(owner),
        },
        "order_lines": {
            "order_line_id": np.char.add(order, "1"),
            "order_id": order,
            "sku": ["CAN"] * len(owner),
            "qty": [1] * len(owner),
        },
        "shipments": {
            "shipment_id": np.char.add("9", order),
            "order_id": order,
            "status": ["delivered"] * len(owner),
            "delivered_at": placed + np.timedelta64(2, "D"),
        },
        "tickets": {
            "ticket_id": customer[::2],
            "customer_id": customer[::2],
            "status": ["open"] * (CUSTOMERS // 2),
            "reason": ["wismo"] * (CUSTOMERS // 2),
            "created_at": np.full(CUSTOMERS // 2, np.datetime64("2024-05-30T20:00:00", "us")),
        },
    }
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    write_truth(folder, seed=11, until=datetime(2024, 6, 1))
    return folder


def _with_holdout(shop: Path, *, program: str, is_troubled: bool) -> pa.Table:
    """Return a message to each customer who has a question open, or has none; a coin withholds half of them."""
    names = np.unique(pq.read_table(shop / "customers.parquet")["customer_id"].to_numpy(zero_copy_only=False))
    chosen = names[0 if is_troubled else 1 :: 2]
    coin = uniform(np.arange(len(chosen)).astype(np.uint64), seed=3, purpose="holdout") < 0.5
    return pa.table(
        {
            "message_id": [f"{program}-{name}" for name in chosen],
            "customer_id": chosen,
            "program": [program] * len(chosen),
            "sent_at": pa.array([SENT_AT] * len(chosen), pa.timestamp("us")),
            "is_withheld": coin,
        }
    )


def _estimate(found: Responses) -> tuple[float, float]:
    """Return the difference of the two arms' shares with an order, from the orders alone, and its 99 % margin."""
    bought = set(found.orders["customer_id"].to_pylist())
    arms: dict[bool, list[bool]] = {True: [], False: []}
    for row in found.outcomes.select(["customer_id", "is_withheld"]).to_pylist():
        arms[row["is_withheld"]].append(row["customer_id"] in bought)
    sent, withheld = np.array(arms[False]), np.array(arms[True])
    margin = Z * np.sqrt(sent.var() / len(sent) + withheld.var() / len(withheld))
    return float(sent.mean() - withheld.mean()), float(margin)


def test_holdout_finds_the_true_lift(shop: Path) -> None:
    """A reminder at the right time lifts orders; the estimate's interval holds the true lift and leaves out zero."""
    sent = _with_holdout(shop, program="replenishment", is_troubled=False)
    [truth] = truth_lift(shop, sent, seed=11).to_pylist()
    found, margin = _estimate(respond(shop, sent, seed=11))

    assert 0.005 < truth["lift"] < 0.0171  # T6: below what a flow's placed-order rate claims
    assert found - margin < truth["lift"] < found + margin


def test_sending_into_an_open_question_does_harm(shop: Path) -> None:
    """Who waits for an answer and gets an offer buys less than who is left alone, and complains and leaves more."""
    sent = _with_holdout(shop, program="replenishment", is_troubled=True)
    [truth] = truth_lift(shop, sent, seed=11).to_pylist()
    troubled = respond(shop, sent, seed=11)
    calm = respond(shop, _with_holdout(shop, program="replenishment", is_troubled=False), seed=11)
    found, margin = _estimate(troubled)

    assert truth["lift"] < -0.01
    assert found + margin < 0
    assert found - margin < truth["lift"] < found + margin
    assert troubled.consents.num_rows > 3 * calm.consents.num_rows


def test_lift_is_the_mean_over_all_draws(shop: Path) -> None:
    """Over many seeds, the difference that the messages made comes close to the lift that is told as the truth."""
    sent = _with_holdout(shop, program="replenishment", is_troubled=False)
    [truth] = truth_lift(shop, sent, seed=11).to_pylist()
    made = []
    for seed in range(20, 26):
        outcomes = respond(shop, sent, seed=seed).outcomes
        made.append(
            np.mean(outcomes["would_order_with"].to_numpy(zero_copy_only=False))
            - np.mean(outcomes["would_order_without"].to_numpy(zero_copy_only=False))
        )

    assert float(np.mean(made)) == pytest.approx(truth["lift"], rel=0.15)
