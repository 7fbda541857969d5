"""What the nights before say of tonight: gates open after clean nights, and what was recorded goes before a replay."""

from datetime import date, datetime, timedelta

import pyarrow as pa
import pytest

from tests.unit.readiness.shop import (
    CHECKED,
    HEALTHY,
    MARKETING,
    RUN_DATE,
    program,
    ready,
    rows,
)

NORTH = ("on_time_share", "region:north", "cross_sell")


def test_hysteresis_is_replayed_from_the_data() -> None:
    """A carrier that was late until two nights ago stays held, though tonight's counts are good enough."""
    parcels = ["shipment_id | order_id | carrier | tracking_no | shipped_at | promised_by_on | status | delivered_at"]
    # The late ones fell out of the window on the 15th: their grace ended on 16 October, 30 days before.
    parcels += [
        f"l{n} | l{n} | dpd | T | 2011-10-10T10:00 | 2011-10-15 | in_transit | 2011-10-30T10:00" for n in range(50)
    ]
    parcels += [
        f"s{n} | s{n} | dpd | T | 2011-11-01T10:00 | 2011-11-04 | in_transit | 2011-11-03T10:00" for n in range(100)
    ]
    given = {**HEALTHY, "shipments": "\n".join(parcels)}
    verdicts = {}
    for night in (14, 15, 16, 17, 18):
        cutoff = datetime(2011, 11, night + 1)
        found = ready(given, programs={"x": program("on_time_share")}, run_date=date(2011, 11, night), cutoff=cutoff)
        row = rows(found, "x")["on_time_share", "carrier:dpd"]
        verdicts[night] = (row["raw_verdict"], row["verdict"])

    assert verdicts == {
        14: ("hold", "hold"),
        15: ("pass", "hold"),
        16: ("pass", "hold"),
        17: ("pass", "pass"),
        18: ("pass", "pass"),
    }


def recorded(verdict: str, *nights: date) -> pa.Table:
    """Return history that gives every check of the healthy shop *verdict* on *nights*."""
    return pa.Table.from_pylist(
        [
            {
                "night": night,
                "check": check,
                "scope": scope,
                "program": "cross_sell",
                "raw_verdict": verdict,
                "verdict": verdict,
            }
            for night in nights
            for check in CHECKED
            for scope in ("shop", "carrier:dpd")
        ]
    )


def test_what_was_recorded_goes_before_a_replay() -> None:
    """A night that was held when it was run counts as held; nights of tonight or later do not count."""
    yesterday, later = RUN_DATE - timedelta(days=1), RUN_DATE
    held = ready(HEALTHY, programs=MARKETING, history=recorded("hold", yesterday))
    row = rows(held)["on_time_share", "shop"]

    assert (row["raw_verdict"], row["verdict"]) == ("pass", "hold")
    assert str(row["reason"]).startswith("A gate opens after 3 clean nights in a row; this is number 1.")
    assert ready(HEALTHY, programs=MARKETING, history=recorded("hold", later)).program_verdicts["cross_sell"].is_open


def of_north(verdict: str, *nights: date) -> pa.Table:
    """Return history in which the north got *verdict* on *nights*; the healthy shop's orders go to no region."""
    row = dict(zip(("check", "scope", "program"), NORTH, strict=True)) | {"raw_verdict": verdict, "verdict": verdict}
    return pa.Table.from_pylist([{"night": night, **row} for night in nights])


@pytest.mark.parametrize(("nights_ago", "verdict"), [(1, "hold"), (2, "hold"), (3, None)])
def test_a_held_region_that_becomes_too_small_waits_for_clean_nights(nights_ago: int, verdict: str | None) -> None:
    """With too few parcels to be judged it counts with the shop again, and its gate opens after clean nights only."""
    held = ready(HEALTHY, programs=MARKETING, history=of_north("hold", RUN_DATE - timedelta(days=nights_ago)))
    row = rows(held).get(NORTH[:2], {"raw_verdict": None, "verdict": None})

    assert (row["raw_verdict"], row["verdict"]) == ("pass" if verdict else None, verdict)
    assert held.held_scopes == ((NORTH[:2],) if verdict else ())
    assert held.program_verdicts["cross_sell"].is_open


def test_a_region_that_was_let_go_or_is_no_longer_asked_about() -> None:
    """A recorded pass lets nothing linger, and a program without the check is not held by what it once required."""
    yesterday = RUN_DATE - timedelta(days=1)
    passed = ready(HEALTHY, programs=MARKETING, history=of_north("pass", yesterday))
    elsewhere = {"cross_sell": program("feed_freshness")}

    assert NORTH[:2] not in rows(passed)
    assert ready(HEALTHY, programs=elsewhere, history=of_north("hold", yesterday)).held_scopes == ()


def with_a_late_north() -> dict[str, str]:
    """Return the healthy shop with 30 parcels to the north, all late; one of them is due too long ago tonight."""
    header, *parcels = HEALTHY["shipments"].splitlines()
    north = [
        f"n{number} | n{number} | dpd | T | 2011-10-01T10:00 | {due} | in_transit | - | north"
        for number, due in enumerate(["2011-10-16", *["2011-11-01"] * 29])
    ]
    shipments = [f"{header} | dest_region", *(f"{parcel} | south" for parcel in parcels), *north]
    return HEALTHY | {"shipments": "\n".join(shipments)}


def test_what_was_recorded_of_a_region_goes_before_its_replay() -> None:
    """A region that a replay of the nights before would hold does not linger where it was recorded as open."""
    shop = with_a_late_north()
    nights = [RUN_DATE - timedelta(days=days) for days in (1, 2)]

    assert ready(shop, programs=MARKETING).held_scopes == (NORTH[:2],)
    assert ready(shop, programs=MARKETING, history=of_north("pass", *nights)).held_scopes == ()
