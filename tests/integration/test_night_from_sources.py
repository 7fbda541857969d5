"""From a shop's own exports to a night: what shop.toml names comes first, and every row is accounted for."""

import json
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from personalization.simulation.simulate import Wish, simulate_world
from tests.lib.command import postlude

ROOT = Path(__file__).parents[2]
SOURCES = """
[sources.shopify]
files = ["exports/shopify/*.jsonl"]
feeds = "orders, parcels and customers: every program starts from them"
[sources.aftership]
files = ["exports/aftership/*"]
feeds = "parcels: every message waits for a trusted delivery"
[sources.zendesk]
files = ["exports/zendesk/*"]
feeds = "open questions keep marketing away"
[sources.loop]
files = ["exports/loop/*"]
feeds = "returns keep marketing away"
[sources.klaviyo]
files = ["exports/klaviyo/*"]
feeds = "consent and suppressions"
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str, str]:
    """A shop whose data folder is still empty, the world its exports are of, and the night to run."""
    folder = tmp_path_factory.mktemp("shop")
    world = folder / "world"
    systems = ("shopify", "aftership", "zendesk", "loop", "klaviyo")
    report = simulate_world(Wish(customers=700, seed=11, days=260, out=world, systems=systems))
    for name in ("segments", "templates"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copytree(world / "exports", folder / "exports")
    (folder / "shop.toml").write_text((ROOT / "shop.toml").read_text(encoding="utf-8") + SOURCES, encoding="utf-8")
    now = report.last_night + timedelta(days=1, hours=2)
    return folder, world, report.last_night.date().isoformat(), now.isoformat()


def _nightly(capsys, shop, *more: str):
    folder, _, night, now = shop
    paths = ("--shop", folder / "shop.toml", "--data", folder / "data", "--runs", folder / "runs")
    return postlude(capsys, "nightly", *paths, "--date", night, "--now", now, *more)


@pytest.mark.slow
def test_a_night_begins_with_the_exports(shop, capsys) -> None:
    """The night imports, decides about the world's customers, and says of each file what became of its rows."""
    folder, world, night, _ = shop

    done = _nightly(capsys, shop, "--json")

    assert done.code in (0, 3), done.err
    run = folder / "runs" / night
    told = json.loads((run / "inputs" / "sources.json").read_text(encoding="utf-8"))["imports"]
    assert {one["system"] for one in told} == {"shopify", "aftership", "zendesk", "loop", "klaviyo"}
    assert all(one["rows"] == one["kept"] + one["quarantined"] for one in told)
    known = {
        name: duckdb.sql(f"SELECT DISTINCT order_id FROM read_parquet('{path}') ORDER BY 1").fetchall()
        for name, path in (("world", world / "orders.parquet"), ("imported", folder / "data" / "orders.parquet"))
    }
    assert known["imported"] == known["world"]
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "Imported files" in page
    assert "bulk_orders.jsonl" in page


@pytest.mark.slow
def test_a_night_after_the_same_exports_is_the_same_night(shop, capsys) -> None:
    """The same files again are no news: the run folder has the same bytes."""
    folder, _, night, _ = shop
    assert _nightly(capsys, shop).code in (0, 3)
    before = {path.name: path.read_bytes() for path in (folder / "runs" / night).glob("*.*")}

    _nightly(capsys, shop)

    assert {path.name: path.read_bytes() for path in (folder / "runs" / night).glob("*.*")} == before


@pytest.mark.slow
def test_an_export_that_did_not_come_stops_the_night(shop, capsys) -> None:
    """Yesterday's tickets are not taken for today's in silence: the message names the pattern."""
    folder = shop[0]
    (folder / "exports" / "zendesk").rename(folder / "exports" / "elsewhere")

    done = _nightly(capsys, shop)
    (folder / "exports" / "elsewhere").rename(folder / "exports" / "zendesk")

    assert done.code == 2
    assert "sources.zendesk.files: no file fits 'exports/zendesk/*'" in done.err


@pytest.mark.slow
def test_a_broken_ticket_stops_the_night(shop, capsys) -> None:
    """A line that cannot be read may be somebody's open ticket, so nobody is written to on its account."""
    folder = shop[0]
    (folder / "exports" / "zendesk" / "more.jsonl").write_text('{"id": 1, "status": "open", "subj\n', encoding="utf-8")

    done = _nightly(capsys, shop)
    (folder / "exports" / "zendesk" / "more.jsonl").unlink()

    assert done.code == 4
    assert "more.jsonl" in done.err
