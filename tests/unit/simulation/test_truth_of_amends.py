"""Who must be left alone while something is mended, and what is known from it: one small world for each reason."""

from pathlib import Path

import pytest

from tests.lib.truth_world import SHOP, as_text, found, write_world

RETURN = "return_id | order_id | state | requested_at | closed_at\n"
TICKET = (
    "ticket_id | customer_id | order_id | status | reason | created_at | resolved_at | received_at | is_spam"
    " | is_from_agent\n"
)
ASKED_LATE = (
    f"{TICKET}1 | 71 | - | solved | wismo | 2024-05-06T23:00:00 | 2024-05-09T10:00:00 | 2024-05-07T01:00:00 | - | -"
)
NEXT_ORDER = (
    SHOP["orders"] + "\n56 | 71 | 2024-05-20T10:00:00 | 2024-05-23",
    SHOP["order_lines"] + "\n561 | 56 | CUP",
)
PLANTED = "name | order_id | begins_at | ends_at | knowable_at\n{} | 55 | {}"
SPAN = "2024-05-02T09:00:00 | 2024-05-09T09:00:00 | 2024-05-06T09:00:00"
TOLD = "71 all customer - must 05-02..05-09 known 05-06..05-09"
CASES = {
    "ticket_open": [
        pytest.param(
            {"tickets": ASKED_LATE},
            ["71 all customer - must 05-06..05-09 known 05-07..05-09"],
            id="asked at eleven at night, learned of the next day",
        ),
        pytest.param(
            {"tickets": TICKET + "1 | - | 55 | pending | other | 2024-05-06 | - | 2024-05-06 | - | -"},
            ["71 all customer - must 05-06..- known 05-06..-"],
            id="answered and not solved, known by its order",
        ),
        pytest.param(
            {"tickets": TICKET + "1 | 71 | - | open | other | 2024-05-06 | - | 2024-05-06 | true | -"}, [], id="spam"
        ),
        pytest.param(
            {"tickets": TICKET + "1 | 71 | - | solved | other | 2024-05-06T08:00:00 | 2024-05-06T20:00:00 | - | - | -"},
            [],
            id="solved before the night",
        ),
    ],
    "ticket_settling": [
        pytest.param(
            {"tickets": TICKET + "1 | 71 | - | solved | wismo | 2024-05-06 | 2024-05-09T10:00:00 | 2024-05-06 | - | -"},
            ["71 all customer - should 05-09..05-12 known 05-09..05-12"],
            id="three days",
        )
    ],
    "agent_intervened": [
        pytest.param({"exceptions": PLANTED.format("agent_intervened", SPAN)}, [TOLD], id="planted"),
        pytest.param(
            {"tickets": TICKET + "1 | 71 | - | open | other | 2024-05-06 | - | 2024-05-06 | - | true"},
            ["71 all customer - must 05-06..- known 05-06..-"],
            id="the shop wrote first",
        ),
    ],
    "return_open": [
        pytest.param(
            {"returns": RETURN + "1 | 55 | closed | 2024-05-06T22:00:00 | 2024-05-16T10:00:00"},
            ["71 all customer - must 05-06..05-16 known 05-06..05-16"],
            id="until it is settled",
        )
    ],
    "line_returned": [
        pytest.param(
            {
                "orders": NEXT_ORDER[0],
                "order_lines": NEXT_ORDER[1],
                "returns": RETURN + "1 | 55 | closed | 2024-05-06 | 2024-05-16",
                "return_lines": "return_id | order_line_id\n1 | 551",
            },
            [
                "71 all item CUP must 05-06..05-20 known 05-06..05-20",
                "71 all order - must 05-06..- known 05-06..-",
            ],
            id="until it is bought again, and of the order that went back whole for good",
        ),
        pytest.param(
            {
                "returns": "return_id | order_id | state | requested_at | closed_at | outcome\n"
                "1 | 55 | closed | 2024-05-06 | 2024-05-16 | keep_item",
                "return_lines": "return_id | order_line_id\n1 | 551",
            },
            ["71 all item CUP must 05-06..05-16 known 05-06..05-16"],
            id="until it is kept after all",
        ),
        pytest.param(
            {
                "order_lines": SHOP["order_lines"] + "\n552 | 55 | POT",
                "returns": RETURN + "1 | 55 | closed | 2024-05-06 | 2024-05-16",
                "return_lines": "return_id | order_line_id\n1 | 551",
            },
            ["71 all item CUP must 05-06..- known 05-06..-"],
            id="one thing of two",
        ),
        pytest.param(
            {
                "customers": "customer_id | created_at | merged_into\n71 | 2024-01-01 | -\n72 | 2024-01-01 | 71",
                "orders": "order_id | customer_id | placed_at\n55 | 72 | 2024-05-01\n56 | 71 | 2024-05-20",
                "order_lines": NEXT_ORDER[1],
                "returns": RETURN + "1 | 55 | closed | 2024-05-06 | 2024-05-16",
                "return_lines": "return_id | order_line_id\n1 | 551",
            },
            [
                "71 all item CUP must 05-06..05-20 known 05-06..05-20",
                "71 all order - must 05-06..- known 05-06..-",
                "72 all item CUP must 05-06..05-20 known 05-06..05-20",
                "72 all order - must 05-06..- known 05-06..-",
            ],
            id="until it is bought again under the profile that is left",
        ),
    ],
    "wrong_size": [
        pytest.param(
            {
                "returns": RETURN + "1 | 55 | closed | 2024-05-06 | 2024-05-16",
                "return_lines": "return_id | order_line_id | reason\n1 | 551 | size_fit",
            },
            ["71 all item CUP must 05-06..- known 05-06..-"],
            id="returned",
        )
    ],
    "allergy": [
        pytest.param(
            {
                "returns": RETURN + "1 | 55 | closed | 2024-05-06 | 2024-05-16",
                "return_lines": "return_id | order_line_id | reason\n1 | 551 | allergy",
            },
            [
                "71 all category tea should 05-06..- known 05-06..-",
                "71 all item CUP must 05-06..- known 05-06..-",
            ],
            id="the thing, and better its kind",
        )
    ],
    "claim_open": [
        pytest.param(
            {
                "claims": "claim_id | order_id | type | opened_at | resolved_at | received_at\n"
                "1 | 55 | lost | 2024-05-06 | 2024-05-16 | 2024-05-07"
            },
            ["71 all customer - must 05-06..05-16 known 05-07..05-16"],
            id="until it is decided",
        )
    ],
    "chargeback": [
        pytest.param(
            {"chargebacks": "chargeback_id | order_id | opened_at | received_at\n1 | 55 | 2024-05-06 | 2024-05-09"},
            [
                "71 all customer - must 05-06..- known 05-09..-",
                "71 all customer - should 05-06..- known 05-09..-",
            ],
            id="as long as it is not decided, and better half a year",
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
