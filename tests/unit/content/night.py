"""A small night for the content tests: decisions, catalogue and customers as Arrow tables."""

import json
from datetime import datetime
from typing import Any

import pyarrow as pa

from personalization.content import Rendered, render_messages
from tests.golden.rewrite_content import ROOT, SHOP
from tests.lib.tables import canonical

TEMPLATES = ROOT / "templates"
SEND_AT = datetime(2011, 11, 21, 10)
PRODUCTS = """
sku | title                   | price_cents | image_url                        | url
tea | LOOSE LEAF TEA          | 450         | https://shop.example/tea.jpg     | https://shop.example/tea
pot | TEAPOT                  | 1999        | -                                | -
cup | Cup, blue               | 0           | https://elsewhere.example/c.jpg  | javascript:alert(1)
"""
CUSTOMERS = """
customer_id | first_name | locale
ann         | Ann        | -
ben         | -          | de_DE
cleo        | Cléo       | fr_FR
"""
_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("customer_id", "program", "subject", "verdict", "order_id", "facts")]
    + [("send_at", pa.timestamp("us"))]
)


def decision(customer_id: str, program: str, facts: dict[str, Any], **others: Any) -> dict[str, Any]:
    row = {"customer_id": customer_id, "program": program, "subject": "s1", "verdict": "send", "order_id": None}
    return {**row, "send_at": SEND_AT, **others, "facts": json.dumps(facts, sort_keys=True)}


def due(sku: str = "tea", **others: Any) -> dict[str, Any]:
    gaps = {"usual_gap_days": 31, "gap_low_days": 26, "gap_high_days": 38}
    bought = {"purchases": 4, "last_bought_on": "2011-10-23"}
    return {"sku": sku, "basis": "personal", "interval_days": 44.4, **bought, **gaps, **others}


def pair(sku: str, *, support: int = 12, because: str | None = "TEAPOT BLUE") -> dict[str, Any]:
    return {"sku": sku, "title": sku, "because_sku": "pot", "because_title": because, "support": support, "score": 0.1}


def night(*decisions: dict[str, Any], products: str = PRODUCTS, **others: Any) -> Rendered:
    return render_messages(
        pa.Table.from_pylist(list(decisions), schema=_SCHEMA),
        products=others.pop("catalogue", None) or canonical("products", products),
        customers=others.pop("people", None) or canonical("customers", CUSTOMERS),
        shop=others.pop("shop", SHOP),
        templates=others.pop("templates", TEMPLATES),
        **others,
    )


def only(rendered: Rendered) -> dict[str, Any]:
    (row,) = rendered.messages.to_pylist()
    return row
