"""Whom an import takes for one person, seen and parted by the command line."""

import json
from pathlib import Path

import pytest

from personalization.errors import BadInput
from tests.lib.command import postlude
from tests.lib.exports_of_shops import NOW, bring_in, rows_of, shopify_customers


@pytest.fixture
def two_accounts(tmp_path: Path) -> Path:
    """A shop in which one address has two accounts, in two cases and under one name."""
    bring_in(
        tmp_path / "data",
        "shopify",
        shopify_customers(tmp_path / "c.csv", {}, {"Customer ID": "'7002", "Email": "ANN@shop.example "}),
        exported_at=NOW,
    )
    return tmp_path / "data"


def test_accounts_of_one_mailbox_and_name_are_merged_and_listed(two_accounts: Path, capsys) -> None:
    """The list names ids and the rule, never the address."""
    listed = postlude(capsys, "people", "list", "--data", two_accounts)

    assert rows_of(two_accounts, "customers", "customer_id, merged_into") == [("7001", None), ("7002", "7001")]
    assert listed.out == "account 7002 is 7001 (same_email_and_name)\n"


def test_a_pair_that_is_parted_stays_parted(two_accounts: Path, tmp_path: Path, capsys) -> None:
    """Also when another export comes in later."""
    done = postlude(capsys, "people", "apart", "7002", "7001", "--data", two_accounts)
    bring_in(two_accounts, "shopify", shopify_customers(tmp_path / "d.csv", {"Customer ID": "'7003", "Email": ""}))

    assert done.code == 0
    assert rows_of(two_accounts, "customers", "customer_id, merged_into")[:2] == [("7001", None), ("7002", None)]
    assert "Nobody" in postlude(capsys, "people", "list", "--data", two_accounts).out


@pytest.mark.parametrize(("ids", "said"), [(("7001", "9999"), "'9999' is no customer"), (("x", "7001"), "'x' is no")])
def test_somebody_who_is_not_there_is_told(two_accounts: Path, capsys, ids, said) -> None:
    """A mistyped id parts nobody silently."""
    done = postlude(capsys, "people", "apart", *ids, "--data", two_accounts)

    assert done.code == 2
    assert said in done.err


def test_a_folder_without_imports_is_told(tmp_path: Path, capsys) -> None:
    """The message says which folder is meant."""
    done = postlude(capsys, "people", "list", "--data", tmp_path)

    assert done.code == 2
    assert "nothing was imported" in done.err


def test_two_helpdesks_that_number_alike_are_not_mixed(tmp_path: Path) -> None:
    """Ticket 9 of the old helpdesk is solved; ticket 9 of the new one is open and somebody else's."""
    old = {"id": 9, "status": "solved", "created_at": "2026-01-02T10:00:00Z", "updated_at": "2026-01-03T10:00:00Z"}
    old |= {
        "subject": "Where is it",
        "requester": {"email": "ann@shop.example"},
        "tags": [],
        "via": {"channel": "email"},
    }
    new = {"id": 9, "status": "open", "created_datetime": "2026-02-02T10:00:00Z", "subject": "Broken", "tags": []}
    new |= {"updated_datetime": "2026-02-02T10:00:00Z", "customer": {"email": "bob@shop.example"}, "from_agent": False}
    (tmp_path / "zendesk.jsonl").write_text(json.dumps(old | {"metric_set": {}}) + "\n", encoding="utf-8")
    (tmp_path / "gorgias.jsonl").write_text(
        json.dumps(new | {"spam": False, "channel": "email"}) + "\n", encoding="utf-8"
    )
    bring_in(tmp_path / "out", "zendesk", tmp_path / "zendesk.jsonl")

    with pytest.raises(BadInput, match="tickets: 1 have the same ticket_id in gorgias and in zendesk"):
        bring_in(tmp_path / "out", "gorgias", tmp_path / "gorgias.jsonl")
    assert rows_of(tmp_path / "out", "tickets", "ticket_id, status") == [("9", "solved")]


def test_tickets_that_name_nobody_are_refused(tmp_path: Path) -> None:
    """Exported without their users, all tickets would lead to nobody and protect nobody."""
    ticket = {"id": 9, "status": "open", "created_at": "2026-02-02T10:00:00Z", "requester_id": 5, "subject": "Broken"}
    (tmp_path / "t.jsonl").write_text(json.dumps(ticket | {"via": {"channel": "email"}}) + "\n", encoding="utf-8")

    with pytest.raises(BadInput, match="include=users"):
        bring_in(tmp_path / "out", "zendesk", tmp_path / "t.jsonl")


def test_a_buyer_whom_no_list_of_customers_has_is_known_by_the_orders(tmp_path: Path, capsys) -> None:
    """An own file gives customer number and address with each order: the address is the customer's."""
    (tmp_path / "map.toml").write_text(
        'name = "erp"\nrole = "platform"\ntimezone = "UTC"\n[orders]\nfile = "o.csv"\n[orders.columns]\n'
        'order_id = "No"\ncustomer_id = "Customer"\nplaced_at = "At"\ncurrency = { value = "GBP" }\n'
        'total_cents = { column = "Total", unit = "major" }\nfinancial_status = { value = "paid" }\n'
        '[orders.references]\nemail = "Mail"\n',
        encoding="utf-8",
    )
    (tmp_path / "o.csv").write_text(
        "No,Customer,At,Total,Mail\nB1,7001,2026-02-01T10:00:00Z,9.90,ann@shop.example\n", encoding="utf-8"
    )
    files = (tmp_path / "o.csv", "--mapping", tmp_path / "map.toml", "--out", tmp_path / "out")
    done = postlude(capsys, "import", "generic", *files, "--now", "2026-03-01T09:00")

    assert done.code == 0, done.err
    assert rows_of(tmp_path / "out", "customers", "customer_id, email") == [("7001", "ann@shop.example")]


@pytest.mark.parametrize(
    ("name", "said"),
    [("aftershp", "; did you mean 'aftership'? Allowed: aftership"), ("magento", "imported. Allowed: aftership")],
)
def test_an_unknown_system_is_told_with_all_that_are_known(tmp_path: Path, capsys, name: str, said: str) -> None:
    """The nearest name first, then all, those with a way of their own too."""
    done = postlude(capsys, "import", name, tmp_path / "x.csv", "--out", tmp_path / "out")

    assert done.code == 2
    assert said in done.err
    assert "generic" in done.err
    assert "online-retail" in done.err
