"""What kinds of purchase nothing may rest on: one small world for each reason."""

from pathlib import Path

import pytest

from tests.lib.truth_world import SHOP, as_text, found, write_world

PLANTED = "name | order_id | begins_at | ends_at | knowable_at\n{} | 55 | {}"
SPAN = "2024-05-02T09:00:00 | 2024-05-09T09:00:00 | 2024-05-06T09:00:00"
CASES = {
    "b2b_order": [
        pytest.param(
            {"exceptions": PLANTED.format("b2b_order", SPAN)},
            ["71 all order - must 05-02..- known 05-06..-"],
            id="once for a firm",
        )
    ],
    "pre_order": [
        pytest.param(
            {
                "orders": "order_id | customer_id | placed_at | is_preorder\n55 | 71 | 2024-05-01T10:00:00 | true",
                "exceptions": PLANTED.format("pre_order", "2024-05-01 | 2024-05-30 | 2024-05-01"),
            },
            ["71 all order - must 05-01..05-30 known 05-01..05-30"],
            id="until its release",
        )
    ],
    "cancelled": [
        pytest.param(
            {
                "orders": "order_id | customer_id | placed_at | cancelled_at\n"
                "55 | 71 | 2024-05-01T10:00:00 | 2024-05-02T10:00:00"
            },
            ["71 all order - must 05-02..- known 05-02..-"],
            id="the order",
        ),
        pytest.param(
            {"order_lines": "order_line_id | order_id | sku | qty | qty_cancelled\n551 | 55 | CUP | 2 | 2"},
            ["71 all order_item CUP must 05-01..- known 05-01..-"],
            id="the line",
        ),
    ],
    "unpaid": [
        pytest.param(
            {"orders": "order_id | customer_id | placed_at | financial_status\n55 | 71 | 2024-05-01 | voided"},
            ["71 all order - must 05-01..- known 05-01..-"],
            id="voided",
        )
    ],
    "refunded": [
        pytest.param(
            {
                "refunds": "refund_id | order_id | amount_cents | refunded_at\n"
                "r | 55 | 400 | 2024-05-12\ns | 55 | 600 | 2024-05-14"
            },
            ["71 all order - must 05-14..- known 05-14..-"],
            id="in two parts",
        ),
        pytest.param(
            {"refunds": "refund_id | order_id | amount_cents | refunded_at\nr | 55 | 400 | 2024-05-12"},
            [],
            id="a part is not the whole",
        ),
        pytest.param(
            {"exceptions": PLANTED.format("refund_without_return", SPAN)},
            ["71 all order - must 05-02..- known 05-06..-"],
            id="without a return",
        ),
    ],
    "test_order": [
        pytest.param(
            {"orders": "order_id | customer_id | placed_at | is_test\n55 | 71 | 2024-05-01 | true"},
            ["71 all order - must 05-01..- known 05-01..-"],
            id="of the shop's own",
        )
    ],
    "gift": [
        pytest.param(
            {"orders": "order_id | customer_id | placed_at | is_gift\n55 | 71 | 2024-05-01 | true"},
            [
                "71 cross_sell order - should 05-01..- known 05-01..-",
                "71 onboarding order - must 05-01..- known 05-01..-",
                "71 replenishment order - must 05-01..- known 05-01..-",
            ],
            id="marked",
        ),
        pytest.param(
            {"exceptions": PLANTED.format("gift_order", "2024-05-01 | - | -")},
            [
                "71 cross_sell order - should 05-01..- known -..-",
                "71 onboarding order - must 05-01..- known -..-",
                "71 replenishment order - must 05-01..- known -..-",
            ],
            id="nobody told the shop",
        ),
    ],
    "subscription": [
        pytest.param(
            {"orders": "order_id | customer_id | placed_at | is_subscription\n55 | 71 | 2024-05-01 | true"},
            ["71 replenishment item CUP must 05-01..- known 05-01..-"],
            id="comes by itself",
        )
    ],
    "no_parcel": [
        pytest.param(
            {"products": SHOP["products"].replace("consumable", "digital")},
            [
                "71 onboarding item CUP must 05-01..- known 05-01..-",
                "71 replenishment item CUP must 05-01..- known 05-01..-",
            ],
            id="digital",
        )
    ],
    "discontinued": [
        pytest.param(
            {
                "exceptions": "name | sku | begins_at | ends_at | knowable_at\n"
                "discontinued_product | CUP | 2024-05-10 | - | 2024-05-12"
            },
            [
                "71 cross_sell item CUP must 05-10..- known 05-12..-",
                "71 replenishment item CUP must 05-10..- known 05-12..-",
            ],
            id="no longer made",
        )
    ],
}


@pytest.mark.parametrize(
    ("reason", "tables", "expected"),
    [
        pytest.param(reason, *case.values, id=f"{reason}: {case.id}")
        for reason, cases in CASES.items()
        for case in cases
    ],
)
def test_reason_holds_for_its_nights(tmp_path: Path, reason: str, tables: dict[str, str], expected: list[str]) -> None:
    """A reason holds from the night it began to the night it was over, and is known by what the shop had received."""
    assert sorted(map(as_text, found(write_world(tmp_path, **tables), reason))) == expected
