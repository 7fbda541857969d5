"""The demo shop as it is delivered: small, attributed, reviewed, and alive near its date."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from personalization.records import AsOf
from personalization.settings import load_shop
from personalization.simulation import SimulationReport, simulate_operations
from personalization.sources.online_retail import ImportReport, import_online_retail

ROOT = Path(__file__).parents[3]
SAMPLE = sorted((ROOT / "demo").glob("online_retail_*_sample.parquet"))
MOST_BYTES = 3_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    imported: ImportReport
    simulated: SimulationReport


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, datetime, DemoReport]:
    """The demo's data folder, its end and its report."""
    shop = load_shop(ROOT / "shop.toml")
    assert shop.date is not None
    until = AsOf(run_date=shop.date, timezone=shop.timezone).cutoff
    out = tmp_path_factory.mktemp("demo")
    types = ROOT / "demo" / "product_types.csv"
    imported = import_online_retail(SAMPLE, out, product_types=types)
    simulated = simulate_operations(out, seed=20111120, until=until)
    return out, until, DemoReport(imported=imported, simulated=simulated)


def test_sample_is_small_and_attributed() -> None:
    """Both years together stay under 3 MB, and the licence of the data is named beside them."""
    attribution = (ROOT / "demo" / "ATTRIBUTION.md").read_text(encoding="utf-8")

    assert len(SAMPLE) == 2
    assert sum(path.stat().st_size for path in SAMPLE) <= MOST_BYTES
    assert "CC BY 4.0" in attribution
    assert "Chen" in attribution


def test_many_customers_received_something_lately(demo: tuple[Path, datetime, DemoReport]) -> None:
    """In the three weeks before the date hundreds of customers had a delivery."""
    out, until, _ = demo
    orders = pq.read_table(out / "orders.parquet", columns=["order_id", "customer_id"]).to_pandas()
    shipments = pq.read_table(out / "shipments.parquet", columns=["order_id", "delivered_at"]).to_pandas()
    lately = shipments[shipments["delivered_at"] >= until - timedelta(days=21)].merge(orders, on="order_id")

    assert lately["customer_id"].nunique() > 400


def test_most_products_have_a_type(demo: tuple[Path, datetime, DemoReport]) -> None:
    """The mapping knows at least 95 % of the sold lines, and every consumable's days of supply."""
    out, _, _ = demo
    lines = pq.read_table(out / "order_lines.parquet", columns=["sku"]).to_pandas()
    products = pq.read_table(out / "products.parquet").to_pandas()
    typed = lines.merge(products, on="sku")["product_type"]

    assert (typed != "unknown").mean() > 0.95
    assert products[products["product_type"] == "consumable"]["days_of_supply"].notna().all()


def test_report_adds_up(demo: tuple[Path, datetime, DemoReport]) -> None:
    """Every line of the sample is in one class, and only one carrier is bad."""
    _, _, report = demo

    assert sum(report.imported.lines.values()) == report.imported.lines_in
    assert [carrier for carrier, share in report.simulated.on_time_shares.items() if share < 0.9] == ["swiftline"]
    assert report.simulated.wismo_per_100_orders < 1.5
    assert "lines read" in report.imported.as_text()
