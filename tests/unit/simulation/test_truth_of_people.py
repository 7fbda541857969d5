"""Who must be left alone for what they said or who they are: one small world for each reason."""

from pathlib import Path

import pytest

from tests.lib.truth_world import SHOP, as_text, found, write_world

TWO_PROFILES = (
    "customer_id | email | created_at | merged_into\n71 | ada@shop.example | 2024-01-01 | -\n72 | {} | 2024-01-01 | 71"
)
CASES = {
    "no_consent": [
        pytest.param({"consents": ""}, ["71 all customer - must 01-01..- known 01-01..-"], id="never asked"),
        pytest.param(
            {"consents": SHOP["consents"].replace("subscribed", "pending")},
            ["71 all customer - must 01-01..- known 01-01..-"],
            id="pending is no yes",
        ),
        pytest.param(
            {
                "consents": "customer_id | captured_at | status | received_at\n"
                "71 | 2024-01-01 | subscribed | 2024-01-01\n"
                "71 | 2024-05-10T23:00:00 | unsubscribed | 2024-05-11T02:00:00\n"
                "71 | 2024-05-20T08:00:00 | subscribed | 2024-05-21T02:00:00"
            },
            ["71 all customer - must 05-10..05-20 known 05-11..05-21"],
            id="withdrawn and given again, each known a day later",
        ),
        pytest.param(
            {
                "consents": SHOP["consents"]
                + "\n71 | 2024-05-10 | unsubscribed\n71 | 2024-05-10T00:00:01 | subscribed",
            },
            [],
            id="withdrawn and given again on one day",
        ),
        pytest.param(
            {"consents": "customer_id | channel | captured_at | status\n71 | sms | 2024-01-01 | subscribed"},
            ["71 all customer - must 01-01..- known 01-01..-"],
            id="a yes to texts is none to mail",
        ),
        pytest.param(
            {
                "customers": TWO_PROFILES.format("bob@shop.example"),
                "consents": SHOP["consents"] + "\n72 | 2024-05-10 | unsubscribed",
            },
            [
                "71 all customer - must 05-10..- known 05-10..-",
                "72 all customer - must 01-01..05-10 known 01-01..05-10",
                "72 all customer - must 05-10..- known 05-10..-",
            ],
            id="a refusal under a profile merged into this one, whatever its address",
        ),
        pytest.param(
            {
                "customers": TWO_PROFILES.format("bob@shop.example"),
                "consents": "customer_id | captured_at | status\n72 | 2024-01-01 | subscribed",
            },
            ["71 all customer - must 01-01..- known 01-01..-"],
            id="a yes for another address is none for this one",
        ),
        pytest.param(
            {
                "customers": TWO_PROFILES.format("Ada@shop.example"),
                "consents": "customer_id | captured_at | status\n"
                "72 | 2024-01-01 | subscribed\n72 | 2024-05-01 | unknown",
            },
            ["72 all customer - must 05-01..- known 05-01..-"],
            id="a yes for the same address is one, and silence later takes nothing back",
        ),
    ],
    "soft_opt_in": [
        pytest.param(
            {"consents": SHOP["consents"].replace("subscribed", "soft_opt_in")},
            ["71 cross_sell customer - should 01-01..- known 01-01..-"],
            id="bought and did not object",
        )
    ],
    "suppressed": [
        pytest.param(
            {
                # SHA-256 of ada@shop.example
                "suppressions": "address_hash | suppressed_at | received_at\n"
                "a4c14f1b068bf2c602e289b5dfcd89085692c73c63daf5a90a0b481b7328ee35 | 2024-05-05 | 2024-05-06"
            },
            ["71 all customer - must 05-05..- known 05-06..-"],
            id="on the list",
        )
    ],
    "said_stop": [
        pytest.param(
            {
                "messages": "message_id | customer_id | sent_at\nm | 71 | 2024-05-10",
                "engagement": "message_id | type | occurred_at | received_at\n"
                "m | unsubscribe | 2024-05-10T21:00:00 | 2024-05-12T01:00:00",
                "consents": SHOP["consents"] + "\n71 | 2024-05-20 | subscribed",
            },
            ["71 all customer - must 05-10..05-20 known 05-12..05-20"],
            id="clicked unsubscribe, and later said yes",
        ),
        pytest.param(
            {
                "messages": "message_id | customer_id | sent_at\nm | 71 | 2024-05-10",
                "engagement": "message_id | type | occurred_at\nm | complaint | 2024-05-10T21:00:00",
                "consents": SHOP["consents"] + "\n71 | 2024-05-20 | subscribed",
            },
            ["71 all customer - must 05-10..- known 05-10..-"],
            id="complained",
        ),
    ],
    "address_failed": [
        pytest.param(
            {
                "messages": "message_id | customer_id | sent_at\nm | 71 | 2024-05-10",
                "engagement": "message_id | type | occurred_at\nm | bounce_hard | 2024-05-10",
            },
            ["71 all customer - must 05-10..- known 05-10..-"],
            id="no such address",
        )
    ],
    "do_not_contact": [
        pytest.param(
            {
                "customers": "customer_id | created_at | do_not_contact_reason\n71 | 2024-01-01 | bereavement",
                "exceptions": "name | customer_id | begins_at | ends_at | knowable_at\n"
                "do_not_contact | 71 | 2024-05-10 | - | 2024-05-14",
            },
            ["71 all customer - must 05-10..- known 05-14..-"],
            id="the note is written days later",
        )
    ],
    "shared_address": [
        pytest.param(
            {
                "customers": SHOP["customers"] + "\n72 | ADA@shop.example | 2024-01-01",
                "consents": SHOP["consents"] + "\n72 | 2024-05-05 | unsubscribed",
            },
            ["71 all customer - must 05-05..- known 05-05..-"],
            id="the other one said no",
        )
    ],
    "merged_away": [
        pytest.param(
            {
                "customers": "customer_id | created_at | merged_into | received_at\n"
                "71 | 2024-01-01 | 72 | 2024-05-05\n72 | 2024-01-01 | 73 | 2024-05-05\n"
                "73 | 2024-01-01 | - | 2024-01-01",
            },
            [
                "71 all customer - must 05-05..- known 05-05..-",
                "72 all customer - must 05-05..- known 05-05..-",
            ],
            id="in a chain",
        )
    ],
    "b2b": [
        pytest.param(
            {"customers": "customer_id | created_at | is_b2b\n71 | 2024-01-01 | true"},
            ["71 all customer - must 01-01..- known 01-01..-"],
            id="a business",
        )
    ],
    "too_many_messages": [
        pytest.param(
            {
                "messages": "message_id | customer_id | class | sent_at\n"
                "a | 71 | marketing | 2024-05-10T09:00:00\nb | 71 | marketing | 2024-05-12T09:00:00\n"
                "c | 71 | marketing | 2024-05-14T09:00:00"
            },
            [
                "71 all customer - must 05-10..05-11 known 05-10..05-11",
                "71 all customer - must 05-12..05-13 known 05-12..05-13",
                "71 all customer - must 05-14..05-17 known 05-14..05-17",
            ],
            id="one a day and three a week",
        ),
        pytest.param(
            {
                "messages": "message_id | customer_id | class | sent_at\n"
                + "\n".join(f"m{day} | 71 | service | 2024-05-1{day}T09:00:00" for day in range(6))
            },
            ["71 all customer - must 05-15..05-17 known 05-15..05-17"],
            id="six service messages in a week",
        ),
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
