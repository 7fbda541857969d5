"""The truth beside a simulated world: nothing planted is forgotten, and parts give the same as the whole."""

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from personalization.simulation.simulate import Wish, simulate_world

# What each planted exception must lead to; the others are no reason to leave anybody alone.
FOLLOWS = {
    "stalled_parcel": "parcel_stalled",
    "lost": "parcel_lost",
    "delivered_not_received": "delivered_not_received",
    "partial_delivery": "partial_delivery",
    "returned_to_sender": "returned_to_sender",
    "attempt_failed": "attempt_failed",
    "cancelled_after_shipping": "cancelled_after_shipping",
    "refund_without_return": "refunded",
    "exchange_in_flight": "exchange_in_flight",
    "exchange_size_unavailable": "exchange_unavailable",
    "open_ticket_answered": "ticket_open",
    "open_ticket_unanswered": "ticket_open",
    "agent_intervened": "agent_intervened",
    "open_claim": "claim_open",
    "chargeback": "chargeback",
    "carrier_feed_outage": "carrier_blind",
    "allergy_return": "allergy",
    "wrong_size_return": "wrong_size",
    "gift_order": "gift",
    "merged_customer": "merged_away",
    "subscription_order": "subscription",
    "test_order": "test_order",
    "pre_order": "pre_order",
    "digital_good": "no_parcel",
    "discontinued_product": "discontinued",
    "do_not_contact": "do_not_contact",
}
NO_REASON = {
    *("clock_skew", "late_events", "guest_registered_later", "bundle", "address_change", "b2b_order"),
    *("same_email_two_cases", "shared_mailbox"),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a simulated world of a year."""
    wish = Wish(customers=1500, seed=5, days=365, out=tmp_path_factory.mktemp("world") / "data", processes=1)
    return simulate_world(wish).data


def test_every_planted_exception_leaves_its_customer_alone(world: Path) -> None:
    """On the first night of each planted exception its customer is left alone for the reason that follows from it."""
    with duckdb.connect(":memory:") as connection:
        planted = connection.sql(
            f"""
            SELECT exceptions.name, exceptions.exception_id, coalesce(exceptions.customer_id, orders.customer_id)
                AS customer_id, exceptions.begins_at, exceptions.ends_at
            FROM read_parquet('{world}/truth/exceptions.parquet') AS exceptions
            LEFT JOIN read_parquet('{world}/orders.parquet') AS orders ON orders.order_id = exceptions.order_id
            -- what goes back after the money did leaves nothing to wait for
            WHERE NOT (
                exceptions.name = 'returned_to_sender'
                AND EXISTS (
                    SELECT 1 FROM read_parquet('{world}/refunds.parquet') AS refunds
                    WHERE refunds.order_id = exceptions.order_id AND refunds.refunded_at <= exceptions.begins_at
                )
            )
            """
        ).fetchall()
        found = connection.sql(
            f"SELECT customer_id, reason, from_on, until_on FROM read_parquet('{world}/truth/left_alone.parquet')"
        ).fetchall()
    spans: dict[tuple[str, str], list[tuple[object, object]]] = {}
    for customer, reason, first, last in found:
        spans.setdefault((customer, reason), []).append((first, last))

    forgotten = [
        (name, exception)
        for name, exception, customer, begins_at, ends_at in planted
        if name in FOLLOWS and customer and (ends_at is None or ends_at.date() > begins_at.date())
        if not any(
            first <= begins_at.date() + timedelta(days=1) and (last is None or last > begins_at.date())
            for first, last in spans.get((customer, FOLLOWS[name]), [])
        )
    ]
    assert {name for name, *_ in planted} <= set(FOLLOWS) | NO_REASON
    assert len({name for name, *_ in planted} & set(FOLLOWS)) > 20
    assert forgotten == []


def test_intervals_are_nights_of_the_world_that_follow_one_another(world: Path) -> None:
    """No row ends before it begins or tells of the future, and the shop knows of nothing before it happened."""
    wrong = duckdb.sql(
        f"""
        SELECT * FROM read_parquet('{world}/truth/left_alone.parquet')
        WHERE until_on < from_on OR knowable_until_on <= knowable_from_on OR knowable_from_on < from_on
            OR (knowable_from_on IS NULL AND knowable_until_on IS NOT NULL)
            OR greatest(from_on, until_on, knowable_from_on, knowable_until_on) > DATE '2024-12-30'
            OR customer_id IS NULL OR certainty NOT IN ('must', 'should')
            OR program NOT IN ('replenishment', 'onboarding', 'cross_sell')
            OR (scope IN ('item', 'order_item') AND sku IS NULL) OR (scope = 'order' AND order_id IS NULL)
            OR scope NOT IN ('customer', 'order', 'item', 'order_item', 'category')
        """
    ).fetchall()

    assert wrong == []


def test_parts_give_the_truth_of_the_whole(world: Path, tmp_path: Path) -> None:
    """Built in two parts, the truth is the same to the byte."""
    wish = Wish(customers=1500, seed=5, days=365, out=tmp_path / "data", processes=1, part_people=800)
    parts = simulate_world(wish).data

    for name in ("left_alone", "response"):
        whole = (world / "truth" / f"{name}.parquet").read_bytes()
        assert (parts / "truth" / f"{name}.parquet").read_bytes() == whole, name
