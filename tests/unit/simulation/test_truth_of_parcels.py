"""Who must be left alone while a parcel is awaited: one small world for each reason."""

from pathlib import Path

import pytest

from tests.lib.truth_world import SHOP, as_text, found, write_world

PARCEL = "shipment_id | order_id | status | shipped_at | delivered_at\n90 | 55 | in_transit | 2024-05-01T16:00:00 | -"
EVENT = "event_id | shipment_id | status | occurred_at | received_at\n"
NEXT_ORDER = (
    SHOP["orders"] + "\n56 | 71 | 2024-05-20T10:00:00 | 2024-05-23",
    SHOP["order_lines"] + "\n561 | 56 | CUP",
)
PLANTED = "name | order_id | begins_at | ends_at | knowable_at\n{} | 55 | {}"
SPAN = "2024-05-02T09:00:00 | 2024-05-09T09:00:00 | 2024-05-06T09:00:00"
CLAIM = "claim_id | order_id | type | opened_at | resolved_at\n1 | 55 | lost | 2024-05-08 | 2024-05-12"
TOLD = "71 all customer - must 05-02..05-09 known 05-06..05-09"
CASES = {
    "order_under_way": [
        pytest.param(
            {
                "tracking_events": EVENT + "e | 90 | delivered | 2024-05-03T11:00:00 | 2024-05-05T03:00:00",
            },
            [
                "71 all customer - should 05-01..05-03 known 05-01..05-05",
                "71 all order - must 05-01..05-03 known 05-01..05-05",
            ],
            id="the last scan comes two days late",
        ),
        pytest.param(
            {"order_lines": SHOP["order_lines"] + "\n552 | 55 | POT"},
            [
                "71 all customer - should 05-01..- known 05-01..-",
                "71 all order - must 05-01..05-03 known 05-01..05-03",
            ],
            id="one line is in no parcel yet",
        ),
    ],
    "bought_again": [
        pytest.param(
            {"orders": NEXT_ORDER[0], "order_lines": NEXT_ORDER[1]},
            [
                "71 onboarding order_item CUP should 05-20..- known 05-20..-",
                "71 replenishment item CUP must 05-20..- known 05-20..-",
            ],
            id="the second one is on its way",
        )
    ],
    "onboarding_first": [
        pytest.param(
            {"products": SHOP["products"].replace("consumable", "considered")},
            [
                "71 cross_sell customer - must 05-01..05-03 known 05-01..05-03",
                "71 cross_sell customer - should 05-03..05-17 known 05-03..05-17",
            ],
            id="considered goods",
        )
    ],
    "parcel_late": [
        pytest.param({"shipments": PARCEL}, ["71 all customer - must 05-05..- known 05-05..-"], id="not there"),
        pytest.param(
            {
                "shipments": SHOP["shipments"].replace("05-03T11", "05-08T11"),
                "tracking_events": EVENT + "e | 90 | delivered | 2024-05-08T11:00:00 | 2024-05-09T03:00:00",
            },
            ["71 all customer - must 05-05..05-08 known 05-05..05-09"],
            id="late and then there",
        ),
        pytest.param(
            {"tracking_events": EVENT + "e | 90 | delivered | 2024-05-03T11:00:00 | 2024-05-07T03:00:00"},
            ["71 all customer - must 05-05..05-05 known 05-05..05-07"],
            id="in time, but it looked late to the shop",
        ),
        pytest.param(
            {"shipments": "", "shipment_lines": ""},
            ["71 all customer - must 05-05..- known 05-05..-"],
            id="not even sent",
        ),
        pytest.param(
            {
                "shipments": PARCEL,
                "claims": CLAIM,
            },
            ["71 all customer - must 05-05..05-12 known 05-05..05-12"],
            id="until a claim for it is decided",
        ),
        pytest.param(
            {
                "shipments": PARCEL,
                "refunds": "refund_id | order_id | amount_cents | refunded_at | received_at\n"
                "r | 55 | 400 | 2024-05-12 | 2024-05-13",
            },
            ["71 all customer - must 05-05..05-12 known 05-05..05-13"],
            id="until it is paid back",
        ),
    ],
    "parcel_lost": [
        pytest.param(
            {"exceptions": PLANTED.format("lost", "2024-05-02 | 2024-05-28 | 2024-05-23T12:00:00")},
            ["71 all customer - must 05-02..05-28 known 05-23..05-28"],
            id="the carrier says so three weeks later",
        ),
        pytest.param(
            {"exceptions": PLANTED.format("lost", "2024-05-20 | - | -")},
            ["71 all customer - must 05-20..- known -..-"],
            id="the carrier never says so",
        ),
    ],
    "attempt_failed": [
        pytest.param(
            {"tracking_events": EVENT + "e | 90 | attempt_failed | 2024-05-02T15:00:00 | 2024-05-03T01:00:00"},
            ["71 all customer - must 05-02..05-03 known -..-"],
            id="handed over before the shop heard of the attempt",
        ),
    ],
    "returned_to_sender": [
        pytest.param(
            {
                "shipments": PARCEL,
                "tracking_events": EVENT + "e | 90 | return_to_sender | 2024-05-04T15:00:00 | 2024-05-05T01:00:00",
                "refunds": "refund_id | order_id | amount_cents | refunded_at\nr | 55 | 1000 | 2024-05-12",
            },
            ["71 all customer - must 05-04..05-12 known 05-05..05-12"],
            id="until the money is back",
        ),
        pytest.param(
            {
                "shipments": PARCEL,
                "tracking_events": EVENT + "e | 90 | return_to_sender | 2024-05-04T15:00:00 | 2024-05-05T01:00:00",
                "refunds": "refund_id | order_id | amount_cents | refunded_at\nr | 55 | 1000 | 2024-05-02",
            },
            [],
            id="the money was back before",
        ),
    ],
    "partial_delivery": [
        pytest.param({"exceptions": PLANTED.format("partial_delivery", SPAN)}, [TOLD], id="planted"),
        pytest.param(
            {
                "exceptions": PLANTED.format("partial_delivery", "2024-05-02 | - | 2024-05-06"),
                "claims": CLAIM,
            },
            ["71 all customer - must 05-02..05-12 known 05-06..05-12"],
            id="until it is made good",
        ),
        pytest.param(
            {
                "order_lines": SHOP["order_lines"] + "\n552 | 55 | POT",
                "shipments": SHOP["shipments"] + "\n91 | 55 | delivered | 2024-05-01T16:00:00 | 2024-05-08T11:00:00",
                "shipment_lines": SHOP["shipment_lines"] + "\n91 | 552",
            },
            ["71 all item POT must 05-03..05-08 known 05-03..05-08"],
            id="the second parcel comes later",
        ),
        pytest.param(
            {
                "shipments": SHOP["shipments"] + "\n91 | 55 | delivered | 2024-05-06T16:00:00 | 2024-05-08T11:00:00",
                "shipment_lines": SHOP["shipment_lines"] + "\n91 | 551",
            },
            [],
            id="the second parcel replaces what came in the first",
        ),
    ],
    "carrier_blind": [
        pytest.param(
            {
                "exceptions": "name | shipment_id | begins_at | ends_at | knowable_at\ncarrier_feed_outage | 90 | "
                + SPAN,
            },
            ["71 all customer - should 05-02..05-09 known 05-06..05-09"],
            id="no scans of anything",
        )
    ],
    "address_changed": [
        pytest.param(
            {
                "orders": "order_id | customer_id | placed_at | ship_to_changed_at\n"
                "55 | 71 | 2024-05-01T10:00:00 | 2024-05-02T10:00:00"
            },
            ["71 all customer - should 05-02..05-03 known 05-02..05-03"],
            id="until it is there",
        )
    ],
    **{
        reason: [pytest.param({"exceptions": PLANTED.format(name, SPAN)}, [TOLD], id="planted")]
        for reason, name in {
            "parcel_stalled": "stalled_parcel",
            "delivered_not_received": "delivered_not_received",
            "cancelled_after_shipping": "cancelled_after_shipping",
            "exchange_in_flight": "exchange_in_flight",
            "exchange_unavailable": "exchange_size_unavailable",
        }.items()
    },
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
