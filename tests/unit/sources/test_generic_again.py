"""A second import of a shop's own files continues the first, whatever has become of the mapping meanwhile."""

from datetime import datetime, timedelta
from pathlib import Path

from personalization.sources.importing.gathering import gathered
from personalization.sources.importing.importer import Asked, ImportReport, import_files
from personalization.sources.importing.mapping import read_mapping
from personalization.sources.systems import SYSTEMS
from personalization.sources.systems.generic import system_of_mapping
from tests.lib.exports_of_shops import NOW, bring_in, rows_of, shopify_customers, shopify_orders

_REFUNDS = """
name = "erp"
role = "any"
[refunds]
file = "refunds*.csv"
[refunds.columns]
refund_id = "Id"
amount_cents = { column = "Sum", unit = "minor" }
refunded_at = "At"
[refunds.references]
order = "Order"
"""
_CLAIMS = """
name = "{name}"
[claims]
file = "claims*.csv"
[claims.columns]
claim_id = "Id"
type = {{ value = "lost" }}
state = "State"
opened_at = "At"
[claims.references]
order = "Order"
"""


def _bring(tmp_path: Path, mapping: str, file: Path, *, now: datetime = NOW) -> ImportReport:
    path = tmp_path / "map.toml"
    path.write_text(mapping, encoding="utf-8")
    checked = read_mapping(path)
    system = system_of_mapping(checked)
    with gathered(checked, system, [file], out=tmp_path / "out") as files:
        return import_files(Asked(system=system, files=files, out=tmp_path / "out", now=now), SYSTEMS)


def _file(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_landed_tables_outlive_their_mapping(tmp_path: Path) -> None:
    """What a mapping gave stays in the tables when it maps something else, and when another system is imported."""
    refunds = _file(tmp_path / "refunds.csv", "Id,Sum,At,Order\nr1,500,2026-02-10T10:00:00Z,#1001\n")
    claims = _file(tmp_path / "claims.csv", "Id,State,At,Order\nc1,open,2026-02-11T10:00:00Z,#1001\n")

    _bring(tmp_path, _REFUNDS, refunds)
    _bring(tmp_path, _CLAIMS.format(name="erp"), claims)
    _bring(tmp_path, _CLAIMS.format(name="other"), claims)
    bring_in(tmp_path / "out", "shopify", shopify_orders(tmp_path / "orders.csv", {}), now=NOW + timedelta(days=1))

    assert rows_of(tmp_path / "out", "refunds", "refund_id, order_id, amount_cents") == [("r1", "5001", 500)]
    assert rows_of(tmp_path / "out", "claims", "claim_id, order_id") == [("c1", "5001")]


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    """A file that was imported with a mapping is known when it comes again."""
    refunds = _file(tmp_path / "refunds.csv", "Id,Sum,At,Order\nr1,500,2026-02-10T10:00:00Z,#1001\n")

    [first] = _bring(tmp_path, _REFUNDS, refunds).files
    [second] = _bring(tmp_path, _REFUNDS, refunds, now=NOW + timedelta(days=1)).files

    assert (first.is_known, second.is_known) == (False, True)


def test_a_corrected_mapping_reads_the_same_file_anew(tmp_path: Path) -> None:
    """A wrong word in the mapping is mended by mending it, without another export."""
    refunds = _file(tmp_path / "refunds.csv", "Id,Sum,At,Order\nr1,500,2026-02-10T10:00:00Z,#1001\n")
    _bring(tmp_path, _REFUNDS, refunds)

    mended = _bring(
        tmp_path, _REFUNDS.replace('unit = "minor"', 'unit = "major"'), refunds, now=NOW + timedelta(days=1)
    )
    again = _bring(tmp_path, _REFUNDS.replace('unit = "minor"', 'unit = "major"'), refunds, now=NOW + timedelta(days=2))

    assert ([one.is_known for one in mended.files], [one.is_known for one in again.files]) == ([False], [True])
    assert rows_of(tmp_path / "out", "refunds", "refund_id, amount_cents") == [("r1", 50000)]


def test_a_helpdesks_customer_number_finds_the_customer(tmp_path: Path) -> None:
    """An own helpdesk's file names customers by the shop's numbers: its tickets are theirs."""
    people = shopify_customers(tmp_path / "c.csv", {})
    tickets = _file(tmp_path / "t.csv", "Id,Customer,Opened,State\n9,7001,2026-02-10T10:00:00Z,open\n")
    mapping = (
        'name = "desk"\nrole = "helpdesk"\ntimezone = "UTC"\n[tickets]\nfile = "t.csv"\n[tickets.columns]\n'
        'ticket_id = "Id"\ncustomer_id = "Customer"\ncreated_at = "Opened"\nstatus = "State"\n'
        'reason = { value = "other" }\n'
    )
    bring_in(tmp_path / "out", "shopify", people)

    _bring(tmp_path, mapping, tickets)

    assert rows_of(tmp_path / "out", "tickets", "ticket_id, customer_id") == [("9", "7001")]
