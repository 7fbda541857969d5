"""Which order line a return speaks of, where the returns tool knows the product alone."""

import json
from pathlib import Path

from tests.lib.exports_of_shops import bring_in, rows_of, shopify_orders


def test_two_returned_pieces_of_one_product_are_two_lines(tmp_path: Path) -> None:
    """An order has the same product on two lines, as a gift and for oneself; both come back."""
    blank = dict.fromkeys(("Id", "Financial Status", "Email", "Created at", "Currency", "Total"), "")
    lines = [{}, {**blank, "Lineitem quantity": "3"}]
    returned = {
        "id": 9001,
        "state": "open",
        "outcome": "refund",
        "created_at": "2026-02-10T10:00:00Z",
        "updated_at": "2026-02-10T10:00:00Z",
        "order_name": "#1001",
        "currency": "GBP",
        "line_items": [
            {"line_item_id": 1, "provider_line_item_id": 77, "sku": "SOAP", "reason": "too small", "price": "10.00"},
            {"line_item_id": 2, "provider_line_item_id": 78, "sku": "SOAP", "reason": "too small", "price": "10.00"},
        ],
    }
    (tmp_path / "returns.jsonl").write_text(json.dumps(returned) + "\n", encoding="utf-8")

    bring_in(tmp_path / "out", "shopify", shopify_orders(tmp_path / "o.csv", *lines))
    bring_in(tmp_path / "out", "loop", tmp_path / "returns.jsonl")

    assert rows_of(tmp_path / "out", "return_lines", "return_id, order_line_id, qty") == [
        ("9001", "5001-1", 1),
        ("9001", "5001-2", 1),
    ]
