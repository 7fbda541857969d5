"""Returns, claims, tickets and mail of a whole simulated shop, each with what caused it."""

import hashlib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from personalization.simulation import WORLD, Parameters, simulate_operations
from personalization.simulation.rates import FASHION, HOME, Rates
from tests.unit.simulation.purchases_of_a_shop import UNTIL, write_purchases

_ALL_BACK = (replace(HOME, return_share=1.0, reasons=(("size_fit", 1.0),)),)
_NO_DETOURS = {"expired_share": 0, "withdrawn_share": 0, "rejected_share": 0, "review_share": 0}


def _world(folder: Path, *, orders: int = 600, parameters: Parameters = WORLD, **rates: Any) -> Path:
    data = write_purchases(folder / "data", orders=orders)
    simulate_operations(data, seed=7, until=UNTIL, parameters=replace(parameters, operations=replace(Rates(), **rates)))
    return data


def _ask(data: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(":memory:") as connection:
        for path in sorted(data.rglob("*.parquet")):
            connection.execute(f"CREATE VIEW {path.stem} AS FROM '{path}'")
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 6,000 orders with the usual rates."""
    return _world(tmp_path_factory.mktemp("cases"), orders=6000)


def test_goods_come_back_by_their_kind(world: Path) -> None:
    """Fashion comes back most (T4), and only fashion for its size; allergies are to things that are used up."""
    shares = dict(
        _ask(
            world,
            "SELECT product_type, count(return_id) / count(*) FROM order_lines JOIN products USING (sku) "
            "LEFT JOIN return_lines USING (order_line_id) GROUP BY product_type",
        )
    )
    kinds = _ask(
        world,
        "SELECT DISTINCT product_type, reason FROM return_lines JOIN order_lines USING (order_line_id) "
        "JOIN products USING (sku) WHERE reason IN ('size_fit', 'allergy')",
    )

    assert 0.20 < shares["fashion"] < 0.35
    assert 0.03 < shares["durable"] < 0.12
    assert shares["digital"] == shares["gift_card"] == 0
    assert set(kinds) == {("fashion", "size_fit"), ("consumable", "allergy")}


def test_what_cannot_be_returned_comes_back_when_faulty(world: Path) -> None:
    """Serums cannot be returned, except for what is wrong with them."""
    reasons = _ask(
        world, "SELECT DISTINCT reason FROM return_lines JOIN order_lines USING (order_line_id) WHERE sku = 'SER'"
    )

    assert {reason for (reason,) in reasons} <= {"allergy", "damaged", "wrong_item", "defective"}
    assert reasons


def test_a_return_has_every_course(world: Path) -> None:
    """Returns are closed with each outcome, expire, are withdrawn; goods that may be kept never come back."""
    outcomes = dict(_ask(world, "SELECT outcome, count(*) FROM returns WHERE state = 'closed' GROUP BY outcome"))
    states = {state for (state,) in _ask(world, "SELECT DISTINCT state FROM returns")}

    assert set(outcomes) == {"refund", "exchange", "store_credit", "gift_card", "keep_item", "rejected"}
    assert outcomes["refund"] > outcomes["exchange"] > outcomes["store_credit"]
    assert {"closed", "expired", "cancelled"} <= states
    assert _ask(world, "SELECT count(received_at) FROM returns WHERE outcome = 'keep_item'") == [(0,)]


def test_open_returns_do_not_tell_what_lies_ahead(world: Path) -> None:
    """At the end of the world some returns are under way, without a closing and with an outcome only once approved."""
    opened = "returns WHERE state NOT IN ('closed', 'expired', 'cancelled')"

    assert _ask(world, f"SELECT count(*) > 0, count(closed_at) FROM {opened}") == [(True, 0)]
    assert _ask(world, "SELECT count(outcome) FROM returns WHERE state = 'open'") == [(0,)]


def test_an_exchange_ends_with_its_replacement(tmp_path: Path) -> None:
    """The replacement leaves once the goods are back, in another size; the return is closed when it has arrived."""
    data = _world(tmp_path, goods=_ALL_BACK, exchange_share=1.0, size_unavailable_share=0.0, **_NO_DETOURS)
    [(closed, in_order, later)] = _ask(
        data,
        "SELECT count(*), bool_and(s.shipped_at > r.received_at), bool_and(r.closed_at > s.delivered_at) "
        "FROM returns r JOIN shipments s ON s.order_id = r.order_id "
        "AND s.shipment_id LIKE '%5' AND r.return_id LIKE '%1' "
        "WHERE r.state = 'closed' AND outcome = 'exchange' AND s.delivered_at IS NOT NULL "
        "AND s.shipment_id NOT IN (SELECT shipment_id FROM exceptions WHERE name = 'clock_skew')",
    )
    sizes = _ask(
        data,
        "SELECT bool_and(exchange_sku LIKE 'TEE-%' AND exchange_sku <> sku) FROM return_lines "
        "JOIN order_lines USING (order_line_id) WHERE sku LIKE 'TEE-%' AND outcome = 'exchange'",
    )

    assert closed > 100
    assert in_order
    assert later
    assert sizes == [(True,)]
    assert _ask(data, "SELECT count(*) > 100 FROM exceptions WHERE name = 'exchange_in_flight'") == [(True,)]


def test_an_exchange_that_is_sold_out_ends_in_a_refund(tmp_path: Path) -> None:
    """Where the size is gone nothing is sent; the customer waits and is refunded."""
    data = _world(tmp_path, goods=_ALL_BACK, exchange_share=1.0, size_unavailable_share=1.0, **_NO_DETOURS)
    waits = "exceptions JOIN returns USING (return_id) WHERE name = 'exchange_size_unavailable' AND state = 'closed'"

    assert _ask(data, f"SELECT count(*) > 100, min(closed_at - received_at) FROM {waits}")[0] > (
        True,
        timedelta(days=5),
    )
    assert _ask(data, f"SELECT DISTINCT outcome FROM {waits}") == [("refund",)]
    assert _ask(data, "SELECT count(*) FROM shipments WHERE shipment_id LIKE '%5'") == [(0,)]
    wanted = "return_lines JOIN order_lines USING (order_line_id) WHERE sku IN ('TEE-S', 'TEE-M')"
    assert _ask(data, f"SELECT DISTINCT exchange_sku FROM {wanted} AND exchange_sku IS NOT NULL") == [("TEE-L",)]


def test_an_unused_label_expires(tmp_path: Path) -> None:
    """A label that is never used expires after 28 days, and nothing is paid back for it."""
    data = _world(tmp_path, goods=_ALL_BACK, **{**_NO_DETOURS, "expired_share": 1.0})

    assert _ask(data, "SELECT DISTINCT closed_at - approved_at FROM returns WHERE state = 'expired'") == [
        (timedelta(days=28),)
    ]
    assert _ask(data, "SELECT count(*) FROM refunds WHERE reason = 'return'") == [(0,)]


def test_refunds_follow_their_returns(world: Path) -> None:
    """The money follows the closing of a return; goodwill needs no return at all."""
    [(returns, follows)] = _ask(
        world,
        "SELECT count(*), bool_and(refunded_at >= closed_at) FROM refunds JOIN returns "
        "ON returns.order_id = refunds.order_id AND right(refund_id, 1)::INT = right(return_id, 1)::INT + 1 "
        "WHERE reason = 'return'",
    )

    assert returns > 100
    assert follows
    assert _ask(world, "SELECT count(*) > 5 FROM exceptions WHERE name = 'refund_without_return'") == [(True,)]


def test_claims_are_for_dear_things(world: Path) -> None:
    """There are claims of all types, decided ones and reopened ones; warranty is for what has one."""
    types = {kind for (kind,) in _ask(world, "SELECT DISTINCT type FROM claims")}

    assert types == {"lost", "not_received", "damaged", "warranty", "protection"}
    assert _ask(world, "SELECT DISTINCT sku FROM claims WHERE type = 'warranty'") == [("LAM",)]
    assert _ask(world, "SELECT min(amount_cents) >= 4000 FROM claims WHERE type = 'damaged'") == [(True,)]
    assert _ask(world, "SELECT count(*) > 0 FROM claims WHERE is_reopened") == [(True,)]
    assert _ask(world, "SELECT count(*) FROM claims WHERE state = 'open' AND resolved_at IS NOT NULL") == [(0,)]


def test_charges_are_disputed_for_a_reason(world: Path) -> None:
    """Who disputes a charge for goods that never came had a lost or missing parcel; under one order in a hundred."""
    unfounded = _ask(
        world,
        "SELECT count(*) FROM chargebacks WHERE reason = 'product_not_received' AND order_id NOT IN "
        "(SELECT order_id FROM exceptions WHERE name IN ('lost', 'delivered_not_received'))",
    )
    [(disputed, orders)] = _ask(world, "SELECT (SELECT count(*) FROM chargebacks), (SELECT count(*) FROM orders)")

    assert unfounded == [(0,)]
    assert 0.001 < disputed / orders < 0.01


def test_tickets_stand_in_every_state(world: Path) -> None:
    """Some tickets wait for days for their first answer, some for their solution; old solved ones are closed."""
    waits = dict(_ask(world, "SELECT name, count(*) FROM exceptions WHERE name LIKE 'open_ticket%' GROUP BY name"))
    statuses = {status for (status,) in _ask(world, "SELECT DISTINCT status FROM tickets")}
    last_days = "created_at > TIMESTAMP '2025-01-20'"

    assert waits["open_ticket_unanswered"] > 5
    assert waits["open_ticket_answered"] > 5
    assert {"closed", "solved"} <= statuses
    assert _ask(world, f"SELECT count(resolved_at) < count(*) FROM tickets WHERE {last_days}") == [(True,)]
    assert _ask(world, "SELECT count(csat) + count(handle_minutes) FROM tickets WHERE resolved_at IS NULL") == [(0,)]


def test_spam_and_agents_are_told_apart(world: Path) -> None:
    """Spam has neither customer nor order; an agent who writes first is marked, and both are no WISMO of a customer."""
    assert _ask(world, "SELECT count(*) > 5, count(customer_id), count(order_id) FROM tickets WHERE is_spam") == [
        (True, 0, 0)
    ]
    assert _ask(world, "SELECT count(*) > 5, count(first_reply_at) FROM tickets WHERE is_from_agent") == [(True, 0)]


def test_marketing_needs_consent(world: Path) -> None:
    """Nothing but service mail goes to whoever did not agree, or took it back before."""
    state = (
        "SELECT arg_max(status, captured_at) FROM consents AS c WHERE c.customer_id = m.customer_id "
        "AND c.channel = m.channel AND c.purpose = 'marketing' AND c.captured_at <= m.sent_at"
    )
    sent = f"SELECT DISTINCT ({state}) FROM messages AS m WHERE class <> 'service'"

    assert set(_ask(world, sent)) == {("subscribed",), ("soft_opt_in",)}
    assert {("email",), ("sms",)} == set(_ask(world, "SELECT DISTINCT channel FROM messages WHERE class = 'marketing'"))


def test_leaving_by_a_link_is_a_withdrawn_consent(tmp_path: Path) -> None:
    """Each unsubscription in a mail is a consent that ended at that moment, and who complained is suppressed."""
    data = _world(tmp_path, orders=1500, unsubscribe_share=0.2, complaint_share=0.2, soft_bounce_share=0.0)
    left = (
        "SELECT count(*) FROM engagement JOIN messages USING (message_id) SEMI JOIN consents AS c ON "
        "c.customer_id = messages.customer_id AND captured_at = occurred_at AND c.status = 'unsubscribed'"
    )
    clicks = _ask(data, "SELECT count(*) FROM engagement WHERE type = 'unsubscribe'")
    complaints = _ask(
        data, "SELECT DISTINCT customer_id FROM engagement JOIN messages USING (message_id) WHERE type = 'complaint'"
    )
    emails = dict(_ask(data, "SELECT customer_id, email FROM customers"))
    listed = {row for (row,) in _ask(data, "SELECT address_hash FROM suppressions WHERE reason = 'complaint'")}

    assert clicks[0][0] > 20
    assert _ask(data, left) == clicks
    assert {hashlib.sha256(emails[customer].encode()).hexdigest() for (customer,) in complaints} == listed
    assert len(listed) > 20


def test_a_dead_mailbox_is_given_up(tmp_path: Path) -> None:
    """Mail to a dead mailbox bounces for good; its address is suppressed and gets no marketing any more."""
    data = _world(tmp_path, orders=1500, dead_mailbox_share=1.0)
    bounces = (
        "SELECT customer_id, min(sent_at) AS first_at FROM messages WHERE status = 'bounced' AND message_id IN "
        "(SELECT message_id FROM engagement WHERE type = 'bounce_hard') GROUP BY customer_id"
    )

    assert _ask(data, f"SELECT count(*) > 100 FROM ({bounces})") == [(True,)]
    assert _ask(
        data,
        f"SELECT count(*) FROM messages JOIN ({bounces}) USING (customer_id) "
        "WHERE class <> 'service' AND channel = 'email' AND sent_at > first_at",
    ) == [(0,)]
    assert _ask(
        data,
        "SELECT count(*) > 100 FROM suppressions WHERE reason = 'hard_bounce' AND suppressed_at "
        "NOT IN (SELECT suppressed_at FROM suppressions WHERE hour(suppressed_at) = 20)",
    ) == [(True,)]


def test_mail_follows_what_happens(world: Path) -> None:
    """All tools write: the shop, the tracking page, the returns tool, the help desk, the mailing tool, texts."""
    sources = {source for (source,) in _ask(world, "SELECT DISTINCT source FROM messages")}
    types = {kind for (kind,) in _ask(world, "SELECT DISTINCT type FROM engagement")}

    assert sources == {"shop", "tracking", "returns", "helpdesk", "esp", "sms"}
    assert {"delivered", "open", "machine_open", "click", "unsubscribe", "bounce_hard", "bounce_soft"} <= types
    assert _ask(world, "SELECT count(*) - count(DISTINCT message_id) FROM messages") == [(0,)]


def test_consents_are_given_and_withdrawn(world: Path) -> None:
    """Each status occurs, by mail and text, for marketing and service, with where it came from."""
    said = _ask(world, "SELECT DISTINCT channel, purpose, status, source FROM consents")

    assert {status for _, _, status, _ in said} == {
        *("subscribed", "soft_opt_in", "pending", "never", "unknown", "unsubscribed")
    }
    assert {(channel, purpose) for channel, purpose, _, _ in said} == {
        *(("email", "marketing"), ("email", "transactional"), ("sms", "marketing"), ("sms", "transactional"))
    }
    assert len({source for *_, source in said}) == 5


def test_the_shops_own_papers_fit_its_time(world: Path) -> None:
    """Policies hold from before the world; help is reviewed each quarter, but for one forgotten touchpoint (R20)."""
    policies = pq.read_table(world / "policies.parquet")["valid_from_on"].to_pylist()
    reviewed = dict(_ask(world, "SELECT touchpoint, max(last_reviewed_on) FROM touchpoints GROUP BY touchpoint"))

    assert date(2023, 1, 1) < max(policies) < date(2024, 1, 1)
    assert [name for name, day in reviewed.items() if UNTIL.date() - day > timedelta(days=180)] == ["help-desk macros"]


def test_fashion_comes_back_as_its_sources_say() -> None:
    """The share for fashion is the one that the threshold's sources name (T4: 25 to 40 %)."""
    assert 0.25 <= FASHION.return_share <= 0.40
