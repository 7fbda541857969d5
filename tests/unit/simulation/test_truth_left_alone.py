"""The truth as a whole: its two views, people with two profiles, the end of the world, folders that are none."""

from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from personalization.errors import BadInput
from personalization.simulation.truth.left_alone import LEFT_ALONE, knowable_on, left_alone_on
from personalization.simulation.truth.reasons import OF_THE_PROFILE, REASONS, UNWELCOME
from personalization.simulation.truth.tables import sql
from tests.lib.truth_world import as_text, found, left_alone, write_world
from tests.unit.simulation import test_truth_of_amends as amends
from tests.unit.simulation import test_truth_of_parcels as parcels
from tests.unit.simulation import test_truth_of_people as people
from tests.unit.simulation import test_truth_of_purchases as purchases
from tests.unit.simulation.test_truth_of_amends import ASKED_LATE, TICKET


def test_every_reason_is_tried_and_has_its_file() -> None:
    """No word without a case above and a file that opens with its why; and every word that others name is one."""
    tried = {*people.CASES, *parcels.CASES, *purchases.CASES, *amends.CASES}

    assert tried == set(REASONS)
    assert all(sql(f"reasons/{reason}").startswith("-- ") for reason in REASONS)
    assert set(OF_THE_PROFILE) | set(UNWELCOME) <= set(REASONS)


def test_nothing_is_wrong_with_a_quiet_shop(tmp_path: Path) -> None:
    """A customer who said yes and whose parcel came in time is left alone while it travels, and then no more."""
    everything = left_alone(write_world(tmp_path)).to_pylist()

    assert {row["reason"] for row in everything} == {"order_under_way"}
    assert {row["until_on"] for row in everything} == {date(2024, 5, 3)}


def test_trouble_follows_the_person_into_the_other_profile(tmp_path: Path) -> None:
    """Who wrote in under one profile is left alone under the one it was merged into; silence is not carried."""
    world = write_world(
        tmp_path,
        customers="customer_id | created_at | merged_into | received_at\n"
        "71 | 2024-01-01 | 72 | 2024-05-08\n72 | 2024-01-01 | - | 2024-01-01",
        consents="customer_id | captured_at\n72 | 2024-01-01",
        tickets=TICKET + "1 | 71 | - | open | other | 2024-05-06 | - | 2024-05-06 | - | -",
    )

    assert [as_text(row) for row in found(world, "ticket_open")] == [
        "71 all customer - must 05-06..- known 05-06..-",
        "72 all customer - must 05-08..- known 05-08..-",
    ]
    assert {row["customer_id"] for row in found(world, "no_consent")} == {"71"}


def test_what_nobody_told_no_merge_tells(tmp_path: Path) -> None:
    """A parcel that never came and that its customer never mentioned stays unknown under the other profile."""
    world = write_world(
        tmp_path,
        customers="customer_id | created_at | merged_into | received_at\n"
        "71 | 2024-01-01 | 72 | 2024-05-08\n72 | 2024-01-01 | - | 2024-01-01",
        exceptions="name | order_id | begins_at | ends_at | knowable_at\n"
        "delivered_not_received | 55 | 2024-05-05 | - | -",
    )

    assert {as_text(row).split(" known ")[1] for row in found(world, "delivered_not_received")} == {"-..-"}


def test_nothing_of_the_future_is_told(tmp_path: Path) -> None:
    """What begins at the end of the world is left out, and what ends or is learned after it is open."""
    world = write_world(
        tmp_path,
        exceptions="name | order_id | begins_at | ends_at | knowable_at\n"
        "lost | 55 | 2024-05-20 | 2024-06-01 | 2024-06-01\nlost | 55 | 2024-06-01 | - | -",
    )

    assert [as_text(row) for row in found(world, "parcel_lost")] == ["71 all customer - must 05-20..- known -..-"]


def test_two_views_of_a_night(tmp_path: Path) -> None:
    """On the night before the ticket was received the customer must be left alone and the shop cannot know it."""
    world = write_world(
        tmp_path,
        tickets=ASKED_LATE,
    )
    pq.write_table(left_alone(world), world / LEFT_ALONE)
    nights = [date(2024, 5, day) for day in range(5, 10)]

    true = ["ticket_open" in left_alone_on(world, night)["reason"].to_pylist() for night in nights]
    known = ["ticket_open" in knowable_on(world, night)["reason"].to_pylist() for night in nights]
    assert true == [False, True, True, True, False]
    assert known == [False, False, True, True, False]


def test_folder_without_truth_or_purchases_is_refused(tmp_path: Path) -> None:
    """The message names the file that is missing."""
    with pytest.raises(BadInput, match=r"left_alone\.parquet: no such file"):
        left_alone_on(tmp_path, date(2024, 5, 1))
    with pytest.raises(BadInput, match=r"orders\.parquet: no such file"):
        left_alone(tmp_path)


def test_unreadable_table_is_named(tmp_path: Path) -> None:
    """A file that is no Parquet file ends in a message and not in a traceback."""
    world = write_world(tmp_path)
    (world / "tickets.parquet").write_text("no table")

    with pytest.raises(BadInput, match=r"tickets\.parquet: cannot be read"):
        left_alone(world)


def test_subscription_given_up_is_hidden_from_the_shop(tmp_path: Path) -> None:
    """Who has given a subscription up may be reminded again, but nothing in the shop's own data says so."""
    world = write_world(
        tmp_path, orders="order_id | customer_id | placed_at | is_subscription\n55 | 71 | 2024-05-01 | true"
    )
    given_up = {"customer_id": ["71"], "sku": ["CUP"], "ends_at": [datetime(2024, 5, 20)], "is_subscription": [True]}
    pq.write_table(pa.table(given_up), world / "truth" / "cycles.parquet")

    assert [as_text(row) for row in found(world, "subscription")] == [
        "71 replenishment item CUP must 05-01..05-20 known 05-01..-"
    ]
