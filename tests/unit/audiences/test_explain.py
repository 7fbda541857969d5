"""What a support agent can read out about one customer's night."""

import json
from pathlib import Path

import pytest

from personalization.audiences import explain
from personalization.errors import WrongUse
from personalization.store.files import write_parquet
from personalization.warehouse import Warehouse
from tests.unit.audiences import night
from tests.unit.audiences.test_choice import DUE, SETTLED, SUGGESTED, TWO_BOUGHT


def run_of(folder: Path, world: Warehouse) -> Path:
    """Write the run folder of the night in *world* and return it."""
    run = folder / "2011-11-20"
    write_parquet(run / "decisions.parquet", night.decide(world).decisions)
    write_parquet(run / "journey" / "lines.parquet", world.table("line_state", order_by="order_line_id"))
    write_parquet(run / "scores" / "customers.parquet", world.table("customers_scores", order_by="customer_id"))
    write_parquet(run / "scores" / "replenishment.parquet", world.table("replenishment", order_by="customer_id, sku"))
    return run


def test_why_this_and_why_not(tmp_path: Path) -> None:
    """The purchases, the message that goes with its reasons, and the one that does not with its own."""
    told = explain("ann", run=run_of(tmp_path, night.world(replenishment=DUE, **TWO_BOUGHT)))

    assert (
        told
        == """\
Customer ann, night of 2011-11-20.

They bought 2 item lines in 2 orders. The newest:
- 2011-11-15: 2 x Tea lights (CANDLE), arrived 2011-11-18
- 2011-10-01: 1 x Napkins (NAPKIN), arrived 2011-10-04

Onboarding
- Not written to, because another message was worth more to them, and they get one a night. \
That message: replenishment:CANDLE@1. Until: the next night. In the segment onboarding_consumable:
  - Tea lights (CANDLE) arrived on 2011-11-18, 2 days before

Replenishment
- Will be written to on 2011-11-21 at 10:00 UTC, once approved; in the segment replenishment_usual_rhythm:
  - Tea lights (CANDLE), bought once, last on 2011-11-15, is expected to run out on 2011-11-24 \
(from 2011-11-21 to 2011-11-30) by how often others \
buy the item again; chance to buy it within 14 days 30%; named with it: Napkins (NAPKIN)
- Not written to, because one message of the same program speaks for it as well. That message: replenishment:CANDLE@1. \
Until: the next occasion. In the segment replenishment_own_rhythm:
  - Napkins (NAPKIN), bought 3 times, last on 2011-10-01, is expected to run out on 2011-11-25 \
(from 2011-11-21 to 2011-11-30) by their own rhythm; chance to buy it within 14 days 20%

Cross-sell
- No segment contains them. Their last parcel arrived on 2011-11-18, 2 days before.

Win-back
- No segment contains them. Their last parcel arrived on 2011-11-18, 2 days before."""
    )


def test_where_orders_are_and_what_to_do_next(tmp_path: Path) -> None:
    """An order that is not settled is told with what is open until when, and the one next step."""
    world = night.world(
        shipments="""shipment_id | order_id | carrier | shipped_at | status
        s1 | o1 | royal-mail | 2011-11-11T09:00 | in_transit"""
    )
    run = run_of(tmp_path, world)
    write_parquet(run / "journey" / "next_steps.parquet", world.table("next_steps", order_by="order_id"))
    write_parquet(run / "journey" / "exceptions.parquet", world.table("open_exceptions", order_by="order_id"))

    assert """
Orders that are not settled
- Order o1 is late or stuck.
  Since 2011-11-11: parcel stalled (s1), until it is scanned or arrives, a claim for it is settled, \
or 90 days without news.
  Next step: Write to us.
""" in explain("ann", run=run)


def test_cross_sell_says_because_of_what(tmp_path: Path) -> None:
    """A suggestion is told with the purchase that led to it and how many customers bought both."""
    told = explain("ann", run=run_of(tmp_path, night.world(candidates=SUGGESTED, **SETTLED)))

    assert "to suggest: Enamel jug (JUG), since 7 customers bought it with Tea lights (CANDLE), " in told
    assert "Replenishment\n- No segment contains them: nothing they bought is expected to run out." in told


def test_what_went_wrong_is_told(tmp_path: Path) -> None:
    """A notice is told with the order and what is known of it; a service program without one is not mentioned."""
    late = night.world(
        orders="order_id | customer_id | placed_at | promised_by_on\no1 | ann | 2011-11-10T09:00 | 2011-11-17",
        shipments="""shipment_id | order_id | shipped_at | status
        s1 | o1 | 2011-11-18T09:00 | in_transit""",
        tracking_events="event_id | shipment_id | status | occurred_at\ne1 | s1 | in_transit | 2011-11-18T10:00",
    )
    unseen = night.world(
        orders="""order_id | customer_id | placed_at | promised_by_on
        o1 | ann | 2011-11-10T09:00 | 2011-11-17
        o2 | bob | 2011-11-16T09:00 | -""",
        shipments="""shipment_id | order_id | shipped_at | status
        s1 | o1 | 2011-11-17T09:00 | in_transit
        s2 | o2 | 2011-11-17T09:00 | in_transit""",
        tracking_events="event_id | shipment_id | status | occurred_at\ne2 | s2 | in_transit | 2011-11-18T10:00",
    )
    claimed = night.world(
        claims="claim_id | order_id | type | state | opened_at\nk1 | o1 | not_received | open | 2011-11-19T10:00"
    )

    told = explain("ann", run=run_of(tmp_path / "late", late))
    silent = explain("ann", run=run_of(tmp_path / "unseen", unseen))
    helped = explain("ann", run=run_of(tmp_path / "claimed", claimed))

    assert (
        "Delay notice\n- Will be written to on 2011-11-21 at 10:00 UTC, once approved; in the segment delay_late:\n"
        "  - order o1 of 2011-11-10 was promised for 2011-11-17 and has not arrived; "
        "the carrier last reported on 2011-11-18"
    ) in told
    assert "promised for 2011-11-17 and has not arrived\n" in f"{silent}\n"
    assert "Partial delivery" not in told
    assert (
        "on 2011-11-19 they said that order o1 never came, which the carrier says it delivered on 2011-11-18" in helped
    )


def test_every_reason_is_told_in_words(tmp_path: Path) -> None:
    """All that speaks against a message is read out, the deciding reason first, the readiness check by name."""
    world = night.world(
        consents="customer_id | captured_at | status\nann | 2011-01-05T10:00 | unsubscribed",
        tickets="ticket_id | customer_id | created_at\nt1 | ann | 2011-11-19T10:00",
    )
    run = run_of(tmp_path, world)
    held = night.decide(world, readiness=night.passing(on_time_share="hold"))
    write_parquet(run / "decisions.parquet", held.decisions)

    assert (
        "- Not written to, because they unsubscribed from marketing by email; also they have an open support ticket; "
        "the shop is not dependable enough for it tonight (check on_time_share). "
        "Until: a newer 'subscribed' for marketing by email." in explain("ann", run=run)
    )


def test_titles_come_from_the_snapshot(tmp_path: Path) -> None:
    """An item that no decision was about has its name from the night's catalogue, where that is still there."""
    world = night.world(**SETTLED)
    run = run_of(tmp_path, world)
    write_parquet(tmp_path / "snapshot" / "products.parquet", world.table("products", order_by="sku"))

    assert "2 x CANDLE, " in explain("ann", run=run)
    assert "2 x Tea lights (CANDLE), " in explain("ann", run=run, snapshot=tmp_path / "snapshot")


def test_an_unknown_customer_is_wrong_use(tmp_path: Path) -> None:
    """A customer whom the run does not know is said to be unknown, and a folder that is no run is named."""
    run = run_of(tmp_path, night.world())

    with pytest.raises(WrongUse, match="knows no customer of this id"):
        explain("bob", run=run)
    with pytest.raises(WrongUse, match="not a run folder"):
        explain("ann", run=tmp_path)


def test_a_merged_account_is_told_as_the_one_it_went_into(tmp_path: Path) -> None:
    """Who asks for an account that was merged away hears of the one it lives on under, and that it does."""
    world = night.world(
        customers="""customer_id | email | merged_into
        ann   | ann@shop.example | -
        old   | old@shop.example | ann
        older | old@shop.example | old"""
    )
    run = run_of(tmp_path, world)
    write_parquet(tmp_path / "snapshot" / "customers.parquet", world.table("customers", order_by="customer_id"))

    told = explain("older", run=run, snapshot=tmp_path / "snapshot")

    assert told.startswith(
        "Customer ann, night of 2011-11-20.\nThe account older was merged into ann; all of this is about ann.\n"
    )
    assert "Tea lights (CANDLE), arrived 2011-11-18" in told


def test_hostile_titles_stay_titles(tmp_path: Path) -> None:
    """Quotes, backslashes and control characters in a title come back as they were, in valid JSON with sorted keys."""
    world = night.world()
    title = 'A "box" \\ of {"x": 1}\n\t\x01 \u2028 \'; DROP TABLE é 🕯'
    world.connection.execute("UPDATE products SET title = $title WHERE sku = 'CANDLE'", {"title": title})

    (row,) = night.decide(world).decisions.to_pylist()

    facts = json.loads(row["facts"])
    assert facts["title"] == title
    assert list(facts) == sorted(facts)
    assert facts["readiness"] == dict.fromkeys(sorted(night.SHOP.programs["onboarding"].requires), "pass")
    assert facts["consent"] == {"captured_at": "2011-01-05T10:00:00", "source": "test", "status": "subscribed"}
