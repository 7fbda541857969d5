"""Bad input and wrong configuration: a clear message, the documented exit code, and the previous run as it was."""

from collections.abc import Callable
from pathlib import Path

import pytest

from personalization.store.files import file_digest
from tests.lib.command import Done, postlude
from tests.lib.tables import data_folder

ORDERS = """order_id | customer_id | placed_at
o1 | c1 | 2011-10-01T12:00
o2 | c2 | 2011-10-02T12:00
o3 | c1 | 2011-11-01T12:00"""
LINES = """order_line_id | order_id | sku | qty
l1 | o1 | a | 1
l2 | o2 | a | 2
l3 | o3 | b | 1"""
CSV = "order_line_id,order_id,sku,qty,unit_price_cents\n"


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A data folder of three orders."""
    return data_folder(tmp_path / "data", orders=ORDERS, order_lines=LINES)


@pytest.fixture
def night(small: Path, own_shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[], Done]:
    """Runs the small shop's night."""
    runs = tmp_path / "runs"
    return lambda: postlude(capsys, "nightly", "--data", small, "--runs", runs, "--shop", own_shop)


def digests(run: Path) -> dict[str, str]:
    return {str(path.relative_to(run)): file_digest(path) for path in sorted(run.rglob("*")) if path.is_file()}


def truncate(data: Path) -> None:
    path = data / "orders.parquet"
    path.write_bytes(path.read_bytes()[:-40])


def as_csv(rows: str, *, table: str = "order_lines", head: str = CSV) -> Callable[[Path], None]:
    def change(data: Path) -> None:
        (data / f"{table}.parquet").unlink()
        (data / f"{table}.csv").write_text(head + rows, encoding="utf-8")

    return change


def without(table: str) -> Callable[[Path], None]:
    return lambda data: (data / f"{table}.parquet").unlink()


BAD = {
    "a truncated Parquet file": (truncate, ("orders.parquet",)),
    "a CSV with a shifted column": (
        as_csv("l1,o1,a,1,100\nl2,,o2,a,2\n,l3,o3,b,1\n"),
        ("order_lines.csv", "2 of 3"),
    ),
    "a CSV with a missing column": (
        as_csv("l1,o1,a,1\n", head="order_line_id,order_id,sku,qty\n"),
        ("unit_price_cents",),
    ),
    "an empty file": (lambda data: (data / "orders.parquet").write_bytes(b""), ("orders.parquet", "empty")),
    "a missing table": (without("order_lines"), ("order_lines",)),
    "two files for one table": (
        lambda data: (data / "orders.csv").write_text("order_id\n"),
        ("orders.csv", "orders.parquet"),
    ),
    "a future date": (
        as_csv(
            "o1,c1,2011-10-01T12:00:00Z,GBP,100,paid\no2,c2,2091-10-01T12:00:00Z,GBP,100,paid\n",
            table="orders",
            head="order_id,customer_id,placed_at,currency,total_cents,financial_status\n",
        ),
        ("orders.csv", "placed_at", "future"),
    ),
    "a negative quantity on a sale": (as_csv("l1,o1,a,-1,100\nl2,o2,a,1,100\n"), ("order_lines.csv", "qty")),
    "a duplicate key": (as_csv("l1,o1,a,1,100\nl1,o2,a,1,100\n"), ("order_lines.csv", "order_line_id")),
}


@pytest.mark.parametrize("name", BAD)
def test_too_much_bad_input_stops_the_night(name: str, small: Path, night: Callable[[], Done], tmp_path: Path) -> None:
    """Exit code 4, the file and what is wrong in it; the run folder of before stays to the byte."""
    night()
    before = digests(tmp_path / "runs" / "2011-11-20")
    change, said = BAD[name]
    change(small)
    refused = night()

    assert refused.code == 4
    for word in said:
        assert word in refused.err
    assert "Traceback" not in refused.err
    assert digests(tmp_path / "runs" / "2011-11-20") == before


def test_a_few_bad_rows_are_quarantined_and_the_night_goes_on(
    small: Path, own_shop: Path, night: Callable[[], Done], tmp_path: Path
) -> None:
    """Under the share that the shop allows, a bad row is set aside with file, row, column and reason, and counted."""
    own_shop.write_text(own_shop.read_text() + "\n[import]\nmax_bad_share = 0.5\n")
    as_csv("l1,o1,a,1,100\nl2,o2,a,-2,100\nl3,o3,b,1,100\n")(small)
    done = night()
    report = (tmp_path / "runs" / "2011-11-20" / "report.html").read_text()

    assert done.code == 3
    for word in ("order_lines.csv", "qty", "Quarantined"):
        assert word in report


def test_a_missing_table_holds_marketing(night: Callable[[], Done]) -> None:
    """Without parcels, tickets and returns nothing is known of the service: every program is held, exit code 3."""
    done = night()

    assert done.code == 3
    assert "HELD" in done.out


WRONG = {
    "an unknown key": ("shop.toml", 'name = "', 'nmae = "', ("shop.toml", "nmae", "did you mean 'name'")),
    "an unknown check": ("shop.toml", '"on_time_share"', '"on_time_shares"', ("on_time_shares", "on_time_share")),
    "an unknown threshold": (
        "shop.toml",
        "[brand]",
        "[thresholds.on_time_share]\npas = 0.9\n[brand]",
        ("thresholds.on_time_share.pas", "pass"),
    ),
    "an unknown segment field": (
        "segments/cross_sell_settled.toml",
        "days_since_delivery",
        "days_since_delivry",
        ("cross_sell_settled.toml", "days_since_delivry", "did you mean 'days_since_delivery'"),
    ),
    "a template naming an unknown variable": (
        "templates/replenishment/one/body.txt",
        "[[ copy.heading ]]",
        "[[ copy.heading ]] {{ resaon }}",
        ("replenishment/one/body.txt", "resaon", "reason"),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_configuration_names_file_key_and_fix(
    name: str, own_shop: Path, night: Callable[[], Done], tmp_path: Path
) -> None:
    """Exit code 2 before anything is built; the run folder of before stays to the byte."""
    night()
    before = digests(tmp_path / "runs" / "2011-11-20")
    file, old, new, said = WRONG[name]
    path = own_shop.parent / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    refused = night()

    assert refused.code == 2
    for word in said:
        assert word in refused.err
    assert "Traceback" not in refused.err
    assert digests(tmp_path / "runs" / "2011-11-20") == before


def test_a_demo_without_its_purchases(own_shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside a shop.toml that is not a clone's there is no demo, and the message names the way."""
    done = postlude(capsys, "demo", "--out", tmp_path / "data", "--shop", own_shop)

    assert done.code == 2
    assert "the demo's purchases are not there; name the shop.toml of a clone (--shop)" in done.err
