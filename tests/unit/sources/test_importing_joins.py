"""What systems say of the same order, parcel and return, joined by the command's own machinery."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.lib.exports_of_shops import NOW, bring_in, rows_of, shopify_customers, shopify_orders


def _lines(path: Path, *items: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(item) + "\n" for item in items), encoding="utf-8")
    return path


def _tracking(**fields: Any) -> dict[str, Any]:
    return {"id": "t1", "tracking_number": "QX1", "tag": "InTransit", "checkpoints": [], **fields}


@pytest.mark.parametrize(
    ("references", "order"),
    [
        # Order 5001 is called #1002 and order 1002 is called #7: numbers that are ids elsewhere.
        ({"order_number": "1002"}, "5001"),
        ({"order_number": "#7"}, "1002"),
        ({"order_id": "1002"}, "1002"),
        ({"order_id": "5001", "order_number": "#1002"}, "5001"),
        # Two references that lead to two orders lead to neither: the parcel is nobody's rather than another's.
        ({"order_id": "1002", "order_number": "#1002"}, None),
    ],
)
def test_an_orders_name_is_looked_for_before_its_id(tmp_path: Path, references: dict[str, str], order: str) -> None:
    """A shop that numbers its orders anew has names that are the ids of others."""
    orders = shopify_orders(tmp_path / "o.csv", {"Name": "#1002", "Id": "5001"}, {"Name": "#7", "Id": "1002"})
    bring_in(tmp_path / "out", "shopify", orders)
    report = bring_in(tmp_path / "out", "aftership", _lines(tmp_path / "t.jsonl", _tracking(**references)))

    [joined] = [one.joined for one in report.joined if (one.table, one.column) == ("shipments", "order_id")]
    assert joined == (order is not None)
    if order is not None:
        assert rows_of(tmp_path / "out", "shipments", "order_id") == [(order,)]


def _return(number: int, state: str, requested: str) -> dict[str, Any]:
    line = {"line_item_id": number, "provider_line_item_id": 77, "sku": "SOAP", "reason": "too small", "price": "10.00"}
    times = {"created_at": f"{requested}T10:00:00Z", "updated_at": f"{requested}T11:00:00Z"}
    return (
        {"id": number, "state": state, "outcome": "refund", "order_name": "#1001", "currency": "GBP"}
        | times
        | {"line_items": [line]}
    )


def _platform_return(path: Path, requested: str) -> Path:
    """An order with an open return, as a bulk operation gives them."""
    money = {"shopMoney": {"amount": "9.90", "currencyCode": "GBP"}}
    order = {"id": "gid://shopify/Order/5001", "name": "#1001", "createdAt": "2026-01-01T10:00:00Z"}
    order |= {"updatedAt": f"{requested}T12:00:00Z", "displayFinancialStatus": "PAID", "currencyCode": "GBP"}
    line = {"id": "gid://shopify/LineItem/77", "__parentId": order["id"], "sku": "SOAP", "quantity": 1}
    back = {"id": "gid://shopify/Return/9", "__parentId": order["id"], "status": "OPEN"}
    back |= {"createdAt": f"{requested}T12:00:00Z"}
    return _lines(path, order | {"totalPriceSet": money}, line | {"originalUnitPriceSet": money}, back)


@pytest.mark.parametrize(
    ("told", "left"),
    [
        # The tool's own return, written into the platform a little later.
        (_return(1, "open", "2026-02-10"), [("1", "open")]),
        (_return(1, "closed", "2026-02-09"), [("1", "closed")]),
        # One that was over weeks before is another one: the platform's is open, and the customer is left alone.
        (_return(1, "closed", "2026-01-10"), [("1", "closed"), ("9", "approved")]),
    ],
)
def test_a_return_of_the_platform_is_left_to_the_tool_only_where_it_is_the_same(
    tmp_path: Path, told: dict[str, Any], left: list[tuple[str, str]]
) -> None:
    """An open return is never dropped for an old one of the same order."""
    bring_in(tmp_path / "out", "shopify", _platform_return(tmp_path / "s.jsonl", "2026-02-10"))
    bring_in(tmp_path / "out", "loop", _lines(tmp_path / "r.jsonl", told))

    assert rows_of(tmp_path / "out", "returns", "return_id, state") == left


def test_a_scan_that_platform_and_tracker_tell_is_one(tmp_path: Path) -> None:
    """Counted twice, every feed would look twice as lively as it is."""
    order = {"id": "gid://shopify/Order/5001", "name": "#1001", "createdAt": "2026-02-01T10:00:00Z"}
    money = {"totalPriceSet": {"shopMoney": {"amount": "9.90", "currencyCode": "GBP"}}}
    order |= {"updatedAt": "2026-02-05T10:00:00Z", "displayFinancialStatus": "PAID", "currencyCode": "GBP", **money}
    parcel = {"id": "gid://shopify/Fulfillment/8", "__parentId": order["id"], "status": "SUCCESS"}
    parcel |= {"displayStatus": "IN_TRANSIT", "createdAt": "2026-02-02T10:00:00Z", "trackingInfo": [{"number": "QX 1"}]}
    scans = [
        {"id": f"gid://shopify/FulfillmentEvent/{place}", "__parentId": parcel["id"], "status": "IN_TRANSIT"}
        | {"happenedAt": f"2026-02-0{place}T09:00:00Z", "createdAt": f"2026-02-0{place}T09:05:00Z"}
        for place in (3, 4)
    ]
    told = {"checkpoint_time": "2026-02-03T09:00:00+00:00", "tag": "InTransit", "created_at": "2026-02-03T10:00:00Z"}
    bring_in(tmp_path / "out", "shopify", _lines(tmp_path / "s.jsonl", order, parcel, *scans))
    bring_in(tmp_path / "out", "aftership", _lines(tmp_path / "t.jsonl", _tracking(checkpoints=[told])))

    assert sorted(rows_of(tmp_path / "out", "tracking_events", "shipment_id, occurred_at, source")) == [
        ("8", datetime(2026, 2, 3, 9), "aftership"),
        ("8", datetime(2026, 2, 4, 9), "shopify"),
    ]


@pytest.mark.parametrize("order", [(3, 4), (4, 3)])
def test_two_events_of_one_second_are_one_state_in_any_order(tmp_path: Path, order: tuple[int, int]) -> None:
    """A failed attempt and a delivery at once: trouble counts, whichever line comes first."""
    told = {3: "DELIVERED", 4: "FAILURE"}
    head = {"id": "gid://shopify/Order/5001", "name": "#1001", "createdAt": "2026-02-01T10:00:00Z"}
    money = {"totalPriceSet": {"shopMoney": {"amount": "9.90", "currencyCode": "GBP"}}}
    head |= {"updatedAt": "2026-02-05T10:00:00Z", "displayFinancialStatus": "PAID", "currencyCode": "GBP", **money}
    parcel = {"id": "gid://shopify/Fulfillment/8", "__parentId": head["id"], "status": "SUCCESS"}
    parcel |= {"createdAt": "2026-02-02T10:00:00Z", "trackingInfo": [{"number": "QX1"}]}
    scans = [
        {"id": f"gid://shopify/FulfillmentEvent/{place}", "__parentId": parcel["id"], "status": told[place]}
        | {"happenedAt": "2026-02-03T09:00:00Z", "createdAt": "2026-02-03T09:05:00Z"}
        for place in order
    ]
    bring_in(tmp_path / "out", "shopify", _lines(tmp_path / "s.jsonl", head, parcel, *scans))

    assert rows_of(tmp_path / "out", "shipments", "status") == [("exception",)]


def test_a_newer_address_of_an_account_counts_whichever_export_has_it(tmp_path: Path) -> None:
    """She changed her address; the ticket from there is hers, though an older export ranks no lower."""
    customer = {"id": "gid://shopify/Customer/7001", "email": "old@shop.example", "createdAt": "2026-01-01T10:00:00Z"}
    bulk = _lines(tmp_path / "c.jsonl", customer | {"updatedAt": "2026-01-02T10:00:00Z", "firstName": "Ann"})
    newer = shopify_customers(tmp_path / "c.csv", {"Email": "new@shop.example"})
    ticket = {"id": 9, "status": "open", "created_at": "2026-02-02T10:00:00Z", "updated_at": "2026-02-02T10:00:00Z"}
    ticket |= {"subject": "Hello", "via": {"channel": "email"}, "requester": {"email": "new@shop.example"}}
    bring_in(tmp_path / "out", "shopify", bulk, exported_at=datetime(2026, 1, 3))
    bring_in(tmp_path / "out", "shopify", newer, exported_at=NOW)
    bring_in(tmp_path / "out", "zendesk", _lines(tmp_path / "t.jsonl", ticket))

    assert rows_of(tmp_path / "out", "tickets", "ticket_id, customer_id") == [("9", "7001")]


def test_rows_that_became_nothing_are_counted(tmp_path: Path) -> None:
    """A tracking of the way back is left out on purpose; the report says that one row is no row of any table."""
    back = _tracking(id="t2", tracking_number="QX2", shipment_direction="return")
    report = bring_in(tmp_path / "out", "aftership", _lines(tmp_path / "t.jsonl", _tracking(), back))

    [file] = report.files
    assert (file.imported.rows, file.imported.kept, file.imported.passed_over) == (2, 2, 1)
