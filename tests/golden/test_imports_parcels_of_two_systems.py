"""One parcel of which the platform and a tracker both speak, its number spelt in two ways."""

import pytest

from tests.lib.exports_of_shops import bring_in, rows_of
from tests.lib.golden_imports import GOLDEN

FILES = {
    name: GOLDEN / "parcels_of_two_systems" / name for name in ("shopify.jsonl", "aftership.json", "easypost.json")
}
# Fulfilment 61 is "qx 0000 0000 1 GB" at Shopify and "QX-000000001-GB" at AfterShip, which knows neither its order nor
# its carrier: a second tracking of the number waits for a carrier that has no such parcel. The number of fulfilment 62
# belonged to another parcel half a year before.
PARCELS = [
    ("61", "5001", "delivered", "2026-02-06 12:00:00"),
    ("62", "5002", "in_transit", None),
]
SCANS = [
    ("61", "in_transit", "2026-02-03 10:00:00"),
    ("61", "delivered", "2026-02-06 12:00:00"),
    ("62", "in_transit", "2026-02-03 10:00:00"),
]


@pytest.mark.parametrize("order", [("shopify", "aftership", "easypost"), ("easypost", "aftership", "shopify")])
def test_a_parcel_is_one_whatever_its_number_looks_like(order, tmp_path):
    """The tracker's status and scans are the platform's parcel's, and no other parcel's are."""
    for system in order:
        bring_in(tmp_path / "out", system, *(path for name, path in FILES.items() if name.startswith(system)))

    parcels = rows_of(tmp_path / "out", "shipments", "shipment_id, order_id, status, CAST(delivered_at AS VARCHAR)")
    scans = rows_of(tmp_path / "out", "tracking_events", "shipment_id, status, CAST(occurred_at AS VARCHAR)")
    assert [row for row in parcels if len(row[0]) == 2] == PARCELS
    assert sorted((row for row in scans if len(row[0]) == 2), key=lambda row: (row[0], row[2])) == SCANS
    assert {row[1] for row in parcels if len(row[0]) > 2} == {"unknown"}
