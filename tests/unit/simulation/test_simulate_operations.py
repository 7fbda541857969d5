"""The simulated world: made for real purchases, marked as simulated, cut at its end, the same for the same seed."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from personalization.errors import BadInput
from personalization.simulation import DEMO, MARKER, Parameters, simulate_operations
from personalization.sources.folder import take_snapshot
from tests.lib.tables import data_folder

UNTIL = datetime(2011, 11, 21)
ALL_TRACKED = replace(DEMO, untracked_share=0.0)


def _purchases(folder: Path, *, orders: int = 400, customers: int = 60) -> Path:
    """Orders of one to four lines on consecutive hours up to UNTIL, every fifth of a guest."""
    placed = [UNTIL - timedelta(hours=7 * number + 1) for number in range(orders)]
    owners = ["-" if number % 5 == 0 else f"c{number % customers}" for number in range(orders)]
    lines = [(number, line) for number in range(orders) for line in range(1 + number % 4)]
    people = sorted({owner for owner in owners if owner != "-"})
    return data_folder(
        folder,
        customers="customer_id | country | created_at\n"
        + "\n".join(f"{person} | {'FR' if person.endswith('7') else 'GB'} | 2010-01-01" for person in people),
        orders="order_id | customer_id | placed_at\n"
        + "\n".join(f"o{number} | {owners[number]} | {placed[number].isoformat()}" for number in range(orders)),
        order_lines="order_line_id | order_id | sku | qty\n"
        + "\n".join(f"o{number}-{line} | o{number} | s{line} | 2" for number, line in lines),
    )


def _rows(data: Path, table: str) -> list[dict[str, Any]]:
    return pq.read_table(data / f"{table}.parquet").to_pylist()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 400 orders with simulated operations."""
    data = _purchases(tmp_path_factory.mktemp("world") / "data")
    simulate_operations(data, seed=7, until=UNTIL)
    return data


def test_world_keeps_the_contract(world: Path, tmp_path: Path) -> None:
    """No row of the simulated folder is quarantined."""
    taken = take_snapshot(data=world, out=tmp_path / "out", cutoff=UNTIL, now=UNTIL, max_bad_share=0.0)

    assert taken.quarantine.num_rows == 0
    assert not taken.extra_columns
    assert {"consents", "shipments", "tracking_events", "suppressions", "touchpoints"} <= set(taken.present)


def test_nothing_happens_after_the_end(world: Path) -> None:
    """No instant in any table lies at or after the end of the world."""
    for path in sorted(world.glob("*.parquet")):
        table = pq.read_table(path)
        for field in table.schema:
            if pa.types.is_timestamp(field.type):
                latest = pa.compute.max(table[field.name]).as_py()
                assert latest is None or latest < UNTIL, (path.name, field.name)


def test_everything_simulated_is_marked(world: Path) -> None:
    """The marker names every simulated table and the simulated columns of real tables; addresses can never exist."""
    marked = json.loads((world / MARKER).read_text())

    assert set(marked["tables"]) >= {"shipments", "tickets", "consents", "customers.email", "returns.requested_at"}
    assert marked["seed"] == 7
    assert all(row["email"].endswith(".example") for row in _rows(world, "customers"))
    assert {
        row["source"] for name in ("consents", "tracking_events", "suppressions") for row in _rows(world, name)
    } == {"simulation"}


def test_no_scan_on_a_weekend(world: Path) -> None:
    """Carriers rest on Saturday and Sunday; only labels are printed then."""
    scanned = [row for row in _rows(world, "tracking_events") if row["status"] != "label_created"]

    assert {row["occurred_at"].weekday() for row in scanned} == {0, 1, 2, 3, 4}


def test_scans_come_in_order_and_are_learned_later(world: Path) -> None:
    """A parcel's events follow one another from the label on, each learned after it happened."""
    events = _rows(world, "tracking_events")
    courses: dict[str, list[dict[str, Any]]] = {}
    for row in sorted(events, key=lambda row: (row["occurred_at"], row["event_id"])):
        courses.setdefault(row["shipment_id"], []).append(row)

    assert all(row["received_at"] > row["occurred_at"] for row in events)
    for course in courses.values():
        assert course[0]["status"] == "label_created"
        assert not [row for row in course[:-1] if row["status"] in ("delivered", "return_to_sender")]


def test_newest_orders_are_still_on_their_way(world: Path) -> None:
    """At the end some parcels have only a label, some are in transit, and none of the oldest."""
    states = {row["order_id"]: row["status"] for row in _rows(world, "shipments")}

    assert {"label_created", "in_transit", "delivered"} <= set(states.values())
    assert "o0" not in states or states["o0"] == "label_created"


def test_split_order_sends_each_line_once(tmp_path: Path) -> None:
    """Where every order is split, an order of three lines and more may need two parcels, and no line goes twice."""
    data = _purchases(tmp_path / "data")
    simulate_operations(data, seed=7, until=UNTIL, parameters=replace(ALL_TRACKED, split_share=1.0))

    sent = [row["order_line_id"] for row in _rows(data, "shipment_lines")]
    numbers = {row["shipment_id"].rpartition("-P")[2] for row in _rows(data, "shipments")}
    assert len(sent) == len(set(sent))
    assert numbers == {"1", "2"}


def test_bad_carrier_serves_one_region(world: Path) -> None:
    """All of the bad carrier's parcels go to the one region that it serves."""
    served = {row["dest_region"] for row in _rows(world, "shipments") if row["carrier"] == "swiftline"}

    assert served == {"south-west"}


def test_shares_hold_in_a_large_world(tmp_path: Path) -> None:
    """Good carriers arrive in time and the bad one does not; few orders lead to the question where they are."""
    data = _purchases(tmp_path / "data", orders=6000)
    report = simulate_operations(data, seed=7, until=UNTIL)

    assert report.on_time_shares["albion-post"] > 0.96
    assert report.on_time_shares["northway"] > 0.96
    assert 0.5 < report.on_time_shares["swiftline"] < 0.72
    assert 0.3 < report.wismo_per_100_orders < 1.5
    assert 4 < report.tickets_per_100_orders < 8
    assert "swiftline" in report.as_text()


def test_suppressions_are_hashes_of_addresses_and_fresh(tmp_path: Path) -> None:
    """A suppressed customer is found by the hash of the address, and the list is as new as the world's last day."""
    world = _purchases(tmp_path / "data")
    simulate_operations(world, seed=7, until=UNTIL, parameters=replace(DEMO, hard_bounce_share=0.5))
    hashes = {hashlib.sha256(row["email"].encode()).hexdigest() for row in _rows(world, "customers")}
    listed = _rows(world, "suppressions")

    assert all(len(row["address_hash"]) == 64 for row in listed)
    assert hashes & {row["address_hash"] for row in listed}
    assert max(row["suppressed_at"] for row in listed) >= UNTIL - timedelta(hours=24)


def test_consent_comes_no_later_than_the_first_order(world: Path) -> None:
    """Everything but an unsubscription was said by the time of the first order."""
    first = {}
    for row in _rows(world, "orders"):
        if row["customer_id"]:
            first[row["customer_id"]] = min(row["placed_at"], first.get(row["customer_id"], UNTIL))
    consents = _rows(world, "consents")

    assert {"subscribed", "soft_opt_in"} <= {row["status"] for row in consents}
    for row in consents:
        assert row["status"] == "unsubscribed" or row["captured_at"] <= first[row["customer_id"]]


def test_order_credited_before_it_leaves_is_cancelled(tmp_path: Path) -> None:
    """What is credited within the hour never leaves: the parcel is void, the line and the order cancelled."""
    data = data_folder(
        tmp_path / "data",
        orders="order_id | placed_at\nA | 2011-11-07T10:00:00",
        order_lines="order_line_id | order_id | sku | qty\nA-1 | A | CUP | 3",
        returns="""
            return_id | order_id | state  | requested_at        | closed_at
            R         | A        | closed | 2011-11-07T14:00:00 | 2011-11-07T14:00:00""",
        return_lines="return_id | order_line_id | qty\nR | A-1 | 3",
    )
    simulate_operations(data, seed=7, until=UNTIL, parameters=ALL_TRACKED)

    assert [row["cancelled_at"] for row in _rows(data, "orders")] == [datetime(2011, 11, 7, 14)]
    assert [row["qty_cancelled"] for row in _rows(data, "order_lines")] == [3]
    assert [(row["status"], row["shipped_at"]) for row in _rows(data, "shipments")] == [("cancelled", None)]


@pytest.mark.parametrize(
    ("closed_at", "state"),
    [
        pytest.param("2011-11-18T10:00:00", "closed", id="credited"),
        pytest.param("2011-11-22T10:00:00", "open or on its way", id="credited after the end"),
    ],
)
def test_return_whose_credit_lies_ahead_is_open(tmp_path: Path, closed_at: str, state: str) -> None:
    """A return is asked for days before its credit note, so at the end of the world some are open."""
    data = data_folder(
        tmp_path / "data",
        orders="order_id | placed_at\nA | 2011-11-01T10:00:00",
        order_lines="order_line_id | order_id | sku | qty\nA-1 | A | CUP | 3",
        returns=f"""
            return_id | order_id | state  | requested_at | closed_at   | outcome
            R         | A        | closed | {closed_at}  | {closed_at} | refund""",
        return_lines="return_id | order_line_id | qty\nR | A-1 | 3",
    )
    simulate_operations(data, seed=7, until=UNTIL)

    [found] = _rows(data, "returns")
    assert found["requested_at"] < datetime.fromisoformat(closed_at) - timedelta(days=1)
    assert (found["closed_at"] is None) == (state != "closed")
    assert (found["outcome"] is None) == (state != "closed")


def test_purchases_after_the_end_are_dropped(tmp_path: Path) -> None:
    """An order at or after the end of the world is not in it, nor are its lines."""
    data = data_folder(
        tmp_path / "data",
        orders="order_id | placed_at\nA | 2011-11-20T23:59:59\nB | 2011-11-21",
        order_lines="order_line_id | order_id | sku\nA-1 | A | CUP\nB-1 | B | CUP",
    )
    simulate_operations(data, seed=7, until=UNTIL)

    assert [row["order_id"] for row in _rows(data, "orders")] == ["A"]
    assert [row["order_line_id"] for row in _rows(data, "order_lines")] == ["A-1"]


def test_real_tables_are_not_replaced(tmp_path: Path) -> None:
    """A folder with shipments of its own is left as it is; what a simulation wrote may be written again."""
    data = _purchases(tmp_path / "data", orders=5)
    simulate_operations(data, seed=7, until=UNTIL)
    simulate_operations(data, seed=8, until=UNTIL)
    (data / MARKER).unlink()

    with pytest.raises(BadInput, match=r"consents\.parquet: not written by a simulation"):
        simulate_operations(data, seed=7, until=UNTIL)


def test_known_address_is_kept(tmp_path: Path) -> None:
    """What the shop knows of a customer is not simulated over."""
    data = data_folder(
        tmp_path / "data",
        customers="customer_id | email | first_name\nc1 | known@shop.example | Ada",
        orders="order_id | customer_id\nA | c1",
        order_lines="order_line_id | order_id | sku\nA-1 | A | CUP",
    )
    simulate_operations(data, seed=7, until=UNTIL)

    assert [(row["email"], row["first_name"]) for row in _rows(data, "customers")] == [("known@shop.example", "Ada")]


def test_folder_without_purchases_is_refused(tmp_path: Path) -> None:
    """Operations need orders to be about."""
    with pytest.raises(BadInput, match=r"orders\.parquet: no such file"):
        simulate_operations(tmp_path, seed=7, until=UNTIL)


@pytest.mark.parametrize("parameters", [pytest.param(DEMO, id="demo")])
def test_shares_are_shares(parameters: Parameters) -> None:
    """What becomes of a parcel, where people live and what they said adds up to no more than one."""
    for carrier in parameters.carriers:
        assert 0 <= carrier.late + carrier.just_late + carrier.stalled + carrier.lost + carrier.returned <= 1
    assert sum(region.share for region in parameters.regions) == pytest.approx(1)
    assert all(sum(region.carriers) == pytest.approx(1) for region in parameters.regions)
    assert sum(parameters.consent_shares) <= 1
