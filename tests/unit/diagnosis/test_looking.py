"""The commands ``diagnose`` and ``doctor`` over data folders: whole, partial, empty, broken; compared; same bytes."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from benchmarks.diagnosis import ROOT, SmallShop, diagnose_shop, tables_of
from personalization import cli, diagnosis
from personalization.errors import EXIT_BAD_INPUT, EXIT_WRONG_USE
from personalization.settings import load_shop

NIGHT = ["--date", "2025-12-31", "--now", "2026-01-01T02:00"]
SHOP = load_shop(ROOT / "shop.toml")
SETTINGS = (ROOT / "shop.toml").read_text(encoding="utf-8")


@pytest.fixture
def shop_file(tmp_path: Path) -> Path:
    path = tmp_path / "shop.toml"
    path.write_text(SETTINGS.replace('timezone = "Europe/London"', 'timezone = "UTC"'), encoding="utf-8")
    return path


def folder_of(path: Path, *, without: tuple[str, ...] = (), **changes: Any) -> Path:
    path.mkdir()
    for name, table in tables_of(SmallShop(buyers=2_000, **changes), np.random.default_rng(3)).items():
        if name not in without:
            pq.write_table(table, path / f"{name}.parquet")
    return path


def run(*arguments: str | Path, shop_file: Path) -> tuple[int, str]:
    """Run a command as a user does, in this process; return its exit code and what it printed."""
    words = [str(word) for word in (*arguments, *NIGHT, "--shop", shop_file, "--runs", shop_file.parent / "runs")]
    done = CliRunner().invoke(cli.app, words)
    return getattr(done.exception, "exit_code", done.exit_code), done.output + str(done.exception or "")


def test_diagnose_writes_page_markdown_and_json_and_the_same_bytes_again(tmp_path: Path, shop_file: Path) -> None:
    """One look gives all three forms; a second look gives the same bytes."""
    data = folder_of(tmp_path / "data", wismo=8.0)
    for again in ("a", "b"):
        for ending in ("html", "md", "json"):
            code, text = run("diagnose", "--data", data, "--out", tmp_path / f"{again}.{ending}", shop_file=shop_file)
            assert code == 0, text

    for ending in ("html", "md", "json"):
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()
    content = json.loads((tmp_path / "a.json").read_text())
    assert content["first"] == "tracking"
    assert "Tracking first, hold" in (tmp_path / "a.html").read_text()
    assert "## Tracking first, hold" in (tmp_path / "a.md").read_text()


def test_two_diagnoses_are_compared(tmp_path: Path, shop_file: Path) -> None:
    """A shop that mended its tracking and let its returns go is told both; chance is not taken for a change."""
    before = folder_of(tmp_path / "before", wismo=12.0)
    after = folder_of(tmp_path / "after", returns=60.0, refunded_share=0.9)
    run("diagnose", "--data", before, "--out", tmp_path / "before.json", shop_file=shop_file)
    code, text = run("diagnose", "--data", after, "--compare", tmp_path / "before.json", "--json", shop_file=shop_file)

    assert code == 0, text
    changes = {row["subject"]: row for row in json.loads(text)["changes"]}
    assert (changes["first problem"]["before"], changes["first problem"]["after"]) == ("tracking", "returns")
    assert changes["Customers ask where their order is"]["verdict"] == "better"
    assert changes["Refunds eat the margin"]["verdict"] == "worse"
    assert changes["Claims and damage take money and hours"]["verdict"] in ("same", "within chance")


@pytest.mark.parametrize(
    ("before", "after", "verdict"), [(0.05, 0.6, "better"), (0.6, 0.05, "worse"), (0.3, 0.3, "same")]
)
def test_more_buyers_who_order_again_are_better(before: float, after: float, verdict: str) -> None:
    """For repeat purchase a higher rate is the better one."""
    contents = [
        diagnosis.content_of(diagnose_shop(tables_of(SmallShop(repeat_share=share), np.random.default_rng(3)), SHOP))
        for share in (before, after)
    ]
    changes = {row["subject"]: row["verdict"] for row in diagnosis.compare(*contents)}

    assert changes["Too few buyers order again"] == verdict


@pytest.mark.parametrize("content", ["", "[]", '{"form": "something else"}', '"text"'])
def test_a_file_that_is_no_diagnosis_is_refused(tmp_path: Path, shop_file: Path, content: str) -> None:
    """What to compare with must be an earlier diagnosis."""
    data = folder_of(tmp_path / "data")
    (tmp_path / "earlier.json").write_text(content)
    code, text = run("diagnose", "--data", data, "--compare", tmp_path / "earlier.json", shop_file=shop_file)

    assert code == EXIT_BAD_INPUT
    assert "--compare" in text


def test_an_ending_that_says_nothing_is_refused(tmp_path: Path, shop_file: Path) -> None:
    """The ending of --out says what to write; nothing is read before it is known."""
    code, text = run("diagnose", "--data", tmp_path / "nowhere", "--out", "diagnosis.pdf", shop_file=shop_file)

    assert code == EXIT_WRONG_USE
    assert ".html, .md and .json" in text


def test_names_cannot_become_markup(tmp_path: Path, shop_file: Path) -> None:
    """A carrier's name from the data folder is shown, and never run."""
    data = folder_of(tmp_path / "data")
    shipments = pq.read_table(data / "shipments.parquet")
    place = shipments.column_names.index("carrier")
    hostile = ["<script>alert(1)</script>|"] * shipments.num_rows
    pq.write_table(shipments.set_column(place, "carrier", [hostile]), data / "shipments.parquet")
    for ending in ("html", "md"):
        run("diagnose", "--data", data, "--out", tmp_path / f"page.{ending}", shop_file=shop_file)

    assert "<script>" not in (tmp_path / "page.html").read_text()
    assert "&lt;script&gt;alert(1)" in (tmp_path / "page.html").read_text()
    assert "<script>" not in (tmp_path / "page.md").read_text()


# what is in the folder -> what the doctor says
FOLDERS = [
    pytest.param((), "it has every input", "postlude diagnose --data", id="whole"),
    pytest.param(("tickets",), "it still needs tickets", "postlude import zendesk tickets.json --out", id="no tickets"),
    pytest.param(("shipments",), "it still needs shipments", "postlude import aftership", id="no parcels"),
    pytest.param(("orders",), "it still needs orders", "postlude import shopify orders.csv --out", id="no orders"),
]


@pytest.mark.parametrize(("without", "workflow", "command"), FOLDERS)
def test_the_doctor_names_what_is_missing_and_the_next_command(
    tmp_path: Path, shop_file: Path, without: tuple[str, ...], workflow: str, command: str
) -> None:
    """Whatever is there, the doctor says what the first workflow lacks and ends with one command."""
    data = folder_of(tmp_path / "data", without=without)
    for name, rows in (("customers", "customer_id\nc000001\n"), ("consents", CONSENTS), ("tracking_events", SCANS)):
        (data / f"{name}.csv").write_text(rows)
    code, text = run("doctor", "--data", data, shop_file=shop_file)

    assert code == 0, text
    assert workflow in text
    assert text.splitlines()[-1].startswith(f"  {command}")
    assert "CSV" in text


CONSENTS = "customer_id,channel,purpose,captured_at,status\nc000001,email,marketing,2025-01-01,subscribed\n"
SCANS = (
    "event_id,shipment_id,status,occurred_at,received_at,source\n"
    "e1,o000001,delivered,2025-12-30T12:00,2025-12-30T13:00,test\n"
)


@pytest.mark.parametrize("kind", ["no folder", "empty", "broken", "strangers"])
def test_the_doctor_never_falls_over(tmp_path: Path, shop_file: Path, kind: str) -> None:
    """A folder that is not there, empty, unreadable or full of other files gets a screen and a command."""
    data = tmp_path / "data"
    if kind != "no folder":
        data.mkdir()
    if kind == "broken":
        (data / "orders.parquet").write_bytes(b"no parquet")
        (data / "order_lines.csv").write_text("a,b\n1\n")
    if kind == "strangers":
        (data / "invoice.pdf").write_bytes(b"%PDF")
    code, text = run("doctor", "--data", data, shop_file=shop_file)

    assert code == 0, text
    assert "Type next:" in text
    assert ("NOT READABLE" in text) is (kind == "broken")


def test_the_doctor_tells_of_links_that_do_not_hold_and_of_silence(tmp_path: Path, shop_file: Path) -> None:
    """Tickets of which half belong to no known order are shown as half joined; an old feed as stale."""
    data = folder_of(tmp_path / "data", repeat_tickets=20.0)
    tickets = pq.read_table(data / "tickets.parquet")
    orders = ["nobody" if place % 2 else order for place, order in enumerate(tickets["order_id"].to_pylist())]
    pq.write_table(
        tickets.set_column(tickets.column_names.index("order_id"), "order_id", [orders]), data / "tickets.parquet"
    )
    (data / "tracking_events.csv").write_text(SCANS.replace("2025-12-30", "2025-11-01"))
    _, text = run("doctor", "--data", data, shop_file=shop_file)

    lines = {line[:16].strip(): line for line in text.splitlines()}
    assert "50%" in lines["helpdesk"]
    assert "60 days, stale" in lines["carrier feed"]
    assert "stale" not in lines["shop platform"]


def test_the_doctor_says_when_the_night_lies_elsewhere(tmp_path: Path, shop_file: Path) -> None:
    """Looking at a night long after the newest order is pointed out, with the date to ask for."""
    data = folder_of(tmp_path / "data")
    words = [
        "doctor",
        "--data",
        str(data),
        "--date",
        "2026-03-01",
        "--now",
        "2026-03-02T02:00",
        "--shop",
        str(shop_file),
    ]
    text = CliRunner().invoke(cli.app, words).output

    assert "The newest order is of 2025-12-31; to look at that night, add --date 2025-12-31." in text
