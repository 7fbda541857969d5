"""Days on the shop's own clock."""

from datetime import date, datetime
from itertools import pairwise

import pytest

from personalization.journey import build_journey
from personalization.journey.clock import clock_offsets
from tests.lib.tables import warehouse_of


@pytest.mark.parametrize(
    ("timezone", "delivered_at", "delivered_on", "placed_on"),
    [
        ("UTC", "2011-07-10T23:30", date(2011, 7, 10), date(2011, 6, 30)),
        ("Europe/London", "2011-07-10T23:30", date(2011, 7, 11), date(2011, 7, 1)),  # half past midnight in summer
        ("Europe/London", "2011-11-10T23:30", date(2011, 11, 10), date(2011, 7, 1)),
        (
            "Europe/London",
            "2011-10-29T23:00",
            date(2011, 10, 30),
            date(2011, 7, 1),
        ),  # an hour before the clock goes back
        ("Europe/London", "2011-10-30T23:30", date(2011, 10, 30), date(2011, 7, 1)),  # the evening after
        ("America/New_York", "2011-11-10T03:00", date(2011, 11, 9), date(2011, 6, 30)),
        ("Asia/Kolkata", "2011-11-10T18:29:59.999999", date(2011, 11, 10), date(2011, 7, 1)),
        ("Asia/Kolkata", "2011-11-10T18:30", date(2011, 11, 11), date(2011, 7, 1)),
    ],
)
def test_the_day_is_the_shops(timezone: str, delivered_at: str, delivered_on: date, placed_on: date) -> None:
    """A parcel that came near midnight came on the day that the shop's clock showed, in summer and in winter."""
    with warehouse_of(
        orders="order_id | customer_id | placed_at\no1 | ann | 2011-06-30T23:30",
        order_lines="order_line_id | order_id | sku\nl1 | o1 | CUP",
        shipments=f"""shipment_id | order_id | shipped_at | status | delivered_at
        s1 | o1 | 2011-07-02T08:00 | delivered | {delivered_at}""",
    ) as warehouse:
        build_journey(warehouse, cutoff=datetime(2011, 11, 21), timezone=timezone)
        (line,) = warehouse.table("line_state", order_by="order_line_id").to_pylist()
        (order,) = warehouse.table("order_state", order_by="order_id").to_pylist()

    assert (line["delivered_on"], order["delivered_on"]) == (delivered_on, delivered_on)
    assert line["placed_on"] == order["placed_on"] == placed_on


def test_the_clock_covers_all_time_without_a_gap() -> None:
    """Each stretch begins where the one before ends, to the second of the change."""
    stretches = clock_offsets("Europe/London", cutoff=datetime(2011, 11, 21)).to_pylist()

    assert all(one["utc_to"] == other["utc_from"] for one, other in pairwise(stretches))
    assert stretches[0]["utc_from"].year == 1000
    assert stretches[-1] == {
        "utc_from": datetime(2011, 10, 30, 1),
        "utc_to": datetime(9999, 12, 31),
        "offset_seconds": 0,
    }
    assert [row["offset_seconds"] for row in stretches] == [0, 3600, 0, 3600, 0, 3600, 0]
