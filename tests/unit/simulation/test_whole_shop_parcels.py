"""Parcels of a whole simulated shop: what is sent and what is not, trouble under way, and faults of the feeds."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from personalization.simulation import WORLD, Parameters, simulate_operations
from personalization.simulation.rates import HOME, Rates
from tests.unit.simulation.purchases_of_a_shop import UNTIL, write_purchases

_FAULTLESS = tuple(replace(one, late=0, just_late=0, stalled=0, lost=0, returned=0) for one in WORLD.carriers)
_CALM = Rates(
    not_received_share=0,
    cancelled_after_share=0,
    skewed_share=0,
    late_events_share=0,
    outage_days=(0, 0),
    goods=(replace(HOME, return_share=0),),
)


def _world(folder: Path, *, orders: int = 400, parameters: Parameters = WORLD, **purchases: Any) -> Path:
    data = write_purchases(folder / "data", orders=orders, **purchases)
    simulate_operations(data, seed=7, until=UNTIL, parameters=parameters)
    return data


def _with(outcome: str, **others: Any) -> Parameters:
    """Return the rates of a shop all of whose parcels meet one fate."""
    carriers = tuple(replace(one, **{outcome: 1.0}) for one in _FAULTLESS)
    return replace(WORLD, carriers=carriers, untracked_share=0.0, split_share=0.0, **others)


def _ask(data: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(":memory:") as connection:
        for path in sorted(data.rglob("*.parquet")):
            connection.execute(f"CREATE VIEW {path.stem} AS FROM '{path}'")
        return connection.execute(query).fetchall()


def test_only_goods_are_sent(tmp_path: Path) -> None:
    """No parcel goes out for a digital good, a gift card or a test order, and nothing in it either."""
    data = _world(tmp_path)

    sent = _ask(
        data,
        "SELECT count(*) FILTER (WHERE is_test OR product_type IN ('digital', 'gift_card')), count(*) "
        "FROM shipment_lines JOIN order_lines USING (order_line_id) JOIN products USING (sku) "
        "JOIN orders USING (order_id)",
    )
    assert sent[0][0] == 0
    assert sent[0][1] > 100
    assert _ask(data, "SELECT count(*) FROM tickets JOIN orders USING (order_id) WHERE is_test") == [(0,)]


def test_a_cancelled_order_stays(tmp_path: Path) -> None:
    """What was cancelled within the hour never leaves: no label, or a parcel that is cancelled."""
    data = _world(tmp_path, orders=2000)

    found = _ask(
        data,
        "SELECT DISTINCT status, shipped_at, delivered_at FROM shipments JOIN orders USING (order_id) "
        "WHERE financial_status = 'voided'",
    )
    assert set(found) <= {("cancelled", None, None)}


def test_a_pre_order_waits_for_its_release(tmp_path: Path) -> None:
    """A pre-order leaves days before the day that it was promised for, and not before that."""
    leads = _ask(
        _world(tmp_path, orders=2000, parameters=replace(WORLD, operations=_CALM)),
        "SELECT min(o.promised_by_on - shipped_at::DATE), max(o.promised_by_on - shipped_at::DATE) "
        "FROM shipments JOIN orders AS o USING (order_id) WHERE is_preorder AND shipment_id LIKE '%1'",
    )

    assert -3 <= leads[0][0] <= leads[0][1] <= 3


def test_each_warehouse_serves_its_regions(tmp_path: Path) -> None:
    """Parcels come from the warehouse near to their region, and now and then from the other one."""
    rows = _ask(
        _world(tmp_path, orders=3000),
        "SELECT dest_region, count(*) FILTER (WHERE origin = 'leeds') / count(*) FROM shipments GROUP BY dest_region",
    )
    shares = dict(rows)

    assert shares["north"] > 0.75
    assert shares["scotland"] > 0.75
    assert 0 < shares["london"] < 0.25


def test_forecasts_are_wrong_by_lane(tmp_path: Path) -> None:
    """The forecast's error is the same for a carrier, a service and a region, and not the same for all of them."""
    errors = _ask(
        _world(tmp_path, orders=4000, parameters=_with("late", operations=_CALM)),
        "SELECT carrier, service, dest_region, min(eta_first_on - shipped_at::DATE) FROM shipments "
        "WHERE isodow(shipped_at) = 1 GROUP BY ALL HAVING count(*) > 5",
    )

    assert len({days for *_, days in errors}) > 1
    assert _ask(tmp_path / "data", "SELECT count(*) FROM shipments WHERE eta_latest_on < eta_first_on") == [(0,)]


def test_peak_brings_delay(tmp_path: Path) -> None:
    """More parcels are late in the weeks before Christmas than in the rest of the year (T2)."""
    [(usual, peak)] = _ask(
        _world(tmp_path, orders=12_000),
        "SELECT avg(is_late) FILTER (WHERE month <> 12), avg(is_late) FILTER (WHERE month = 12) FROM ("
        "SELECT month(shipped_at) AS month, (delivered_at::DATE > promised_by_on)::INT AS is_late FROM shipments)",
    )

    assert peak > 1.4 * usual


def test_a_silent_parcel_makes_its_customer_ask(tmp_path: Path) -> None:
    """A stalled parcel is known to be silent after three working days and leads to a question or to an agent's call."""
    data = _world(tmp_path, parameters=_with("stalled", wismo_stalled=1.0, operations=_CALM))
    [(planted, silent)] = _ask(
        data, "SELECT count(*), min(knowable_at - begins_at) FROM exceptions WHERE name = 'stalled_parcel'"
    )
    [(asked, first)] = _ask(
        data,
        "SELECT count(DISTINCT order_id), min(created_at::DATE - promised_by_on) FROM tickets "
        "JOIN shipments USING (order_id) WHERE reason = 'wismo' AND NOT is_from_agent",
    )

    assert planted > 200
    assert silent > timedelta(days=3)
    assert asked > 0.8 * planted
    assert first > 0
    assert _ask(data, "SELECT count(*) > 20 FROM tickets WHERE is_from_agent AND first_reply_at IS NULL") == [(True,)]


def test_a_lost_parcel_never_comes(tmp_path: Path) -> None:
    """A lost parcel has no delivery, is declared lost, claimed and paid for."""
    data = _world(tmp_path, parameters=_with("lost"))

    assert _ask(data, "SELECT count(delivered_at) FROM shipments") == [(0,)]
    assert _ask(data, "SELECT count(*) > 150 FROM claims WHERE type = 'lost' AND state = 'resolved'") == [(True,)]
    assert _ask(data, "SELECT count(*) > 100 FROM refunds WHERE reason = 'claim'") == [(True,)]
    assert _ask(data, "SELECT count(*) FROM returns") == [(0,)]


def test_a_parcel_that_goes_back_is_paid_back(tmp_path: Path) -> None:
    """A parcel that is returned to its sender follows failed attempts, and its order is refunded afterwards."""
    data = _world(tmp_path, parameters=_with("returned"))
    paid = "SELECT * FROM refunds WHERE reason = 'returned to sender'"
    back = f"exceptions AS e JOIN ({paid}) USING (order_id) WHERE e.name = 'returned_to_sender'"

    assert _ask(data, f"SELECT count(*) > 200, bool_and(refunded_at > begins_at) FROM {back}") == [(True, True)]
    assert _ask(data, "SELECT count(*) > 200 FROM exceptions WHERE name = 'attempt_failed'") == [(True,)]


def test_delivered_and_not_received(tmp_path: Path) -> None:
    """The carrier says that it was delivered, the customer says no: a claim, and nothing comes back or is reviewed."""
    data = _world(tmp_path, parameters=replace(WORLD, untracked_share=0.0, operations=Rates(not_received_share=1.0)))
    claims = _ask(
        data,
        "SELECT count(*) > 200, bool_and(opened_at > delivered_at) FROM claims JOIN shipments USING (order_id) "
        "WHERE type = 'not_received' AND shipment_id LIKE '%1'",
    )

    assert claims == [(True, True)]
    assert _ask(data, "SELECT count(*) FROM returns") == [(0,)]


def test_half_an_order_arrives(tmp_path: Path) -> None:
    """Of a split order the first parcel comes days before the second, and no line goes twice."""
    calm = replace(WORLD, carriers=_FAULTLESS, operations=_CALM, split_share=1.0)
    data = _world(tmp_path, parameters=calm)
    [(planted, gap)] = _ask(
        data, "SELECT count(*), min(ends_at - begins_at) FROM exceptions WHERE name = 'partial_delivery'"
    )

    assert planted > 50
    assert gap > timedelta(0)
    assert _ask(data, "SELECT count(*) - count(DISTINCT order_line_id) FROM shipment_lines") == [(0,)]


def test_cancelled_while_under_way(tmp_path: Path) -> None:
    """An order cancelled after shipping was cancelled between hand-over and arrival, and its money goes back."""
    data = _world(tmp_path, parameters=_with("late", operations=replace(_CALM, cancelled_after_share=1.0)))
    late = "orders JOIN shipments USING (order_id) WHERE cancelled_at < '2025-01-01' AND financial_status <> 'voided'"
    under_way = "SELECT count(*) > 200, bool_and(cancelled_at > shipped_at) FROM "

    assert _ask(data, f"{under_way} {late} AND shipment_id LIKE '%1'") == [(True, True)]
    assert _ask(data, f"SELECT DISTINCT financial_status FROM {late}") == [("refunded",)]
    assert len(_ask(data, f"SELECT DISTINCT status FROM {late}")) == 2


def test_a_feed_falls_silent_for_days(tmp_path: Path) -> None:
    """In an outage nothing of the carrier is learned; everything comes in together when it ends."""
    data = _world(tmp_path, orders=4000)
    silences = "SELECT DISTINCT carrier, begins_at, ends_at FROM exceptions JOIN shipments USING (shipment_id)"
    windows = f"{silences} WHERE name = 'carrier_feed_outage' AND ends_at < '2025-01-01'"
    known = "SELECT carrier, e.received_at FROM tracking_events AS e JOIN shipments USING (shipment_id)"
    inside = _ask(
        data,
        f"SELECT count(*) FROM ({windows}) JOIN ({known}) USING (carrier) "
        "WHERE received_at >= begins_at AND received_at < ends_at",
    )
    lengths = _ask(data, f"SELECT ends_at - begins_at FROM ({windows})")

    assert inside == [(0,)]
    assert len(lengths) >= 3
    assert all(timedelta(days=2) <= length <= timedelta(days=4) for (length,) in lengths)


def test_a_clock_is_hours_off(tmp_path: Path) -> None:
    """Where clocks are ahead events lie after they were learned of, and an event of the future is not shown yet."""
    data = _world(tmp_path, parameters=replace(WORLD, operations=replace(_CALM, skewed_share=1.0, skew_hours=(20, 24))))

    assert _ask(data, "SELECT count(*) > 500 FROM tracking_events WHERE occurred_at > received_at") == [(True,)]
    assert _ask(data, "SELECT max(occurred_at) FROM tracking_events") < [(UNTIL,)]


def test_events_come_days_late(tmp_path: Path) -> None:
    """Some events of a parcel are learned of two days later and more; the carrier had them in time."""
    data = _world(tmp_path, parameters=replace(WORLD, operations=replace(_CALM, late_events_share=1.0)))
    [(late, all_of_them)] = _ask(
        data,
        "SELECT count(*) FILTER (WHERE received_at - occurred_at > INTERVAL 2 DAY), count(*) FROM tracking_events "
        "WHERE status <> 'label_created'",
    )

    assert 0.5 < late / all_of_them < 0.7


def test_an_earlier_end_drops_later_orders(tmp_path: Path) -> None:
    """Orders at or after the end of the world are dropped with their lines."""
    data = write_purchases(tmp_path / "data", orders=200)
    end = datetime(2024, 3, 1)
    simulate_operations(data, seed=7, until=end, parameters=WORLD)

    assert max(pq.read_table(data / "orders.parquet")["placed_at"].to_pylist()) < end
    assert _ask(data, "SELECT count(*) FROM order_lines ANTI JOIN orders USING (order_id)") == [(0,)]
