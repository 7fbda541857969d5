"""A whole simulated shop: everything keeps the contract, has its cause before it, and is cut at the world's end."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from personalization.errors import BadInput
from personalization.simulation import MARKER, WORLD, simulate_operations
from personalization.simulation.exceptions import NAMES, SCHEMA
from personalization.simulation.rates import Rates
from personalization.sources.folder import take_snapshot
from tests.unit.simulation.purchases_of_a_shop import UNTIL, order_id, write, write_purchases

_TABLES = (
    *("customers", "products", "orders", "order_lines", "consents", "suppressions", "shipments", "shipment_lines"),
    *("tracking_events", "returns", "return_lines", "refunds", "chargebacks", "claims", "tickets", "messages"),
    *("engagement", "policies", "touchpoints"),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 4,000 orders in 400 days with everything that goes on."""
    data = write_purchases(tmp_path_factory.mktemp("shop") / "data")
    simulate_operations(data, seed=7, until=UNTIL, parameters=WORLD)
    return data


def count(data: Path, query: str) -> Any:
    """Return the one number that a query over the folder's tables gives."""
    with duckdb.connect(":memory:") as connection:
        for name in _TABLES:
            connection.execute(f"CREATE VIEW {name} AS FROM '{data}/{name}.parquet'")
        connection.execute(f"CREATE VIEW exceptions AS FROM '{data}/truth/exceptions.parquet'")
        [(found,)] = connection.execute(query).fetchall()
    return found


def test_world_keeps_the_contract(world: Path, tmp_path: Path) -> None:
    """No row of a whole shop is quarantined, and no column is unknown."""
    taken = take_snapshot(data=world, out=tmp_path / "out", cutoff=UNTIL, now=UNTIL, max_bad_share=0.0)

    assert taken.quarantine.num_rows == 0
    assert not taken.extra_columns


def test_every_exception_happens(world: Path) -> None:
    """A world of 400 days and 4,000 orders has every exception by name, each with its own id and when it began."""
    planted = pq.read_table(world / "truth" / "exceptions.parquet")

    assert set(planted["name"].to_pylist()) == set(NAMES)
    assert len(set(planted["exception_id"].to_pylist())) == planted.num_rows
    assert planted["begins_at"].null_count == 0


def test_nothing_happens_after_the_end(world: Path) -> None:
    """No instant in any table lies at or after the end of the world, and every row says when it was learned of."""
    for name in (*_TABLES, "truth/exceptions"):
        table = pq.read_table(world / f"{name}.parquet")
        for field in table.schema:
            if pa.types.is_timestamp(field.type):
                latest = pa.compute.max(table[field.name]).as_py()
                assert latest is None or latest < UNTIL, (name, field.name)
        if name not in ("returns", "products", "truth/exceptions"):
            assert table["received_at"].null_count == 0, name


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("labels JOIN orders USING (order_id) WHERE labelled_at < placed_at", id="label"),
        pytest.param("shipments WHERE delivered_at < shipped_at OR shipped_at < received_at", id="parcel"),
        pytest.param(
            "tracking_events e JOIN shipments s USING (shipment_id) WHERE occurred_at < s.received_at", id="scan"
        ),
        pytest.param("returns r JOIN arrivals USING (order_id) WHERE requested_at < arrived_at", id="return"),
        pytest.param("returns WHERE approved_at < requested_at OR closed_at < approved_at", id="return's course"),
        pytest.param("returns WHERE received_at < approved_at OR closed_at < received_at", id="goods back"),
        pytest.param("refunds JOIN orders USING (order_id) WHERE refunded_at < placed_at", id="refund"),
        pytest.param("tickets t JOIN orders o USING (order_id) WHERE created_at < placed_at", id="ticket"),
        pytest.param("tickets WHERE first_reply_at < created_at OR resolved_at < first_reply_at", id="answer"),
        pytest.param("claims JOIN labels USING (order_id) WHERE opened_at < labelled_at", id="claim"),
        pytest.param("claims WHERE decided_at < opened_at OR resolved_at < decided_at", id="decision"),
        pytest.param("chargebacks JOIN orders USING (order_id) WHERE opened_at < placed_at", id="chargeback"),
        pytest.param("messages JOIN orders USING (order_id) WHERE sent_at < placed_at", id="message"),
        pytest.param("engagement JOIN messages USING (message_id) WHERE occurred_at < sent_at", id="engagement"),
        pytest.param("exceptions WHERE ends_at < begins_at OR knowable_at < begins_at", id="exception"),
    ],
)
def test_nothing_comes_before_its_cause(world: Path, query: str) -> None:
    """No row of any table happens before what it follows."""
    views = (
        "WITH labels AS (SELECT order_id, min(received_at) AS labelled_at FROM shipments GROUP BY order_id), "
        "arrivals AS (SELECT order_id, min(delivered_at) AS arrived_at FROM shipments GROUP BY order_id) "
    )

    assert count(world, f"{views} SELECT count(*) FROM {query}") == 0


def test_healthy_shop_passes_its_thresholds(world: Path) -> None:
    """Nearly all parcels are in time with a day's grace (T2), few orders ask where they are (T1)."""
    in_time = count(world, "SELECT avg((delivered_at::DATE <= promised_by_on + 1)::INT) FROM shipments")
    asked = count(world, "SELECT count(*) FROM tickets WHERE reason = 'wismo' AND NOT is_from_agent AND NOT is_spam")

    assert in_time > 0.94
    assert asked / count(world, "SELECT count(*) FROM orders") < 0.015
    assert count(world, "SELECT count(tracking_no) / count(*) FROM shipments") > 0.97


def test_money_back_never_exceeds_what_was_paid(world: Path) -> None:
    """Refunds of an order stay within its total, unpaid orders have none, and the order's status tells of them."""
    paid_back = "SELECT order_id, sum(amount_cents) AS back FROM refunds GROUP BY order_id"
    within = f"SELECT count(*) FROM ({paid_back}) JOIN orders USING (order_id) WHERE "

    assert count(world, within + "back > total_cents OR financial_status = 'voided'") == 0
    assert count(world, within + "(back = total_cents) <> (financial_status = 'refunded')") == 0
    assert count(world, "SELECT count(*) FROM orders WHERE financial_status = 'partially_refunded'") > 0
    assert count(world, "SELECT count(*) FROM order_lines WHERE qty_refunded > qty") == 0
    assert count(world, "SELECT count(*) FROM order_lines WHERE qty_refunded > 0") > 0


def test_everything_simulated_is_marked(world: Path) -> None:
    """The marker names the tables that were written and the columns that were changed."""
    marked = json.loads((world / MARKER).read_text())

    assert set(marked["tables"]) >= {
        "returns",
        "claims",
        "engagement",
        "orders.cancelled_at",
        "order_lines.qty_refunded",
    }
    assert "customers.email" not in marked["tables"]
    assert marked["parameters"]["operations"]["label_days"] == 28


def test_what_another_stage_wrote_stays(tmp_path: Path) -> None:
    """The marks and the planted exceptions of the purchases stay, and a second run replaces only its own."""
    data = write_purchases(tmp_path / "data", orders=300)
    (data / MARKER).write_text(json.dumps({"tables": ["orders"], "seed": 7}))
    other = {"name": ["test_order"], "exception_id": ["test_order:1"], "begins_at": [datetime(2024, 1, 2)]}
    empty = {name: [None] for name in SCHEMA.names if name not in other}
    (data / "truth").mkdir()
    pq.write_table(
        pa.table({**other, **empty}).select(SCHEMA.names).cast(SCHEMA), data / "truth" / "exceptions.parquet"
    )
    simulate_operations(data, seed=7, until=UNTIL, parameters=WORLD)
    first = pq.read_table(data / "truth" / "exceptions.parquet")
    simulate_operations(data, seed=7, until=UNTIL, parameters=WORLD)
    second = pq.read_table(data / "truth" / "exceptions.parquet")

    assert "test_order:1" in first["exception_id"].to_pylist()
    assert second.num_rows == first.num_rows > 1
    assert "orders" in json.loads((data / MARKER).read_text())["tables"]


def test_ids_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    """A whole shop is made from numbered purchases; the message names the file, the column and what to do."""
    data = write_purchases(tmp_path / "data", orders=5)
    write(
        data, "order_lines", order_line_id=["A-1"], order_id=[order_id(0)], sku=["BOX"], qty=[1], unit_price_cents=[5]
    )

    with pytest.raises(BadInput, match=r"order_lines\.parquet: column order_line_id: .*simulate it again"):
        simulate_operations(data, seed=7, until=UNTIL, parameters=WORLD)


def test_folder_without_purchases_is_refused(tmp_path: Path) -> None:
    """A whole shop needs orders as well."""
    with pytest.raises(BadInput, match=r"orders\.parquet: no such file"):
        simulate_operations(tmp_path, seed=7, until=UNTIL, parameters=WORLD)


def test_rates_are_rates() -> None:
    """Every share lies between 0 and 1, and the reasons of each kind of goods add up to 1."""
    rates = Rates()
    shares = {name: getattr(rates, name) for name in Rates.__slots__ if name.endswith("_share")}

    assert {name for name, share in shares.items() if not 0 <= share <= 1} == set()
    assert all(sum(share for _, share in goods.reasons) == pytest.approx(1) for goods in rates.goods)
    assert sum(rates.email_shares) <= 1
