"""Which programs and which orders a night holds, and why."""

from datetime import date, timedelta

import pytest

from personalization.errors import ConfigurationInvalid
from personalization.readiness import CHECKS, readiness_table_text
from personalization.readiness.checks import WATCHED
from personalization.readiness.table import SCHEMA
from tests.unit.readiness.shop import (
    BAD,
    CHECKED,
    CUTOFF,
    GOOD,
    HEALTHY,
    MARKETING,
    PRESENT,
    Carrier,
    program,
    ready,
    rows,
    tables,
)

NEEDED = ("shipments", "tracking_events", "tickets", "returns")


def test_a_healthy_shop_is_open() -> None:
    """With nothing wrong every program is open, and the table has one row a check, scope and program."""
    found = ready(HEALTHY, programs=MARKETING)

    assert found.program_verdicts["cross_sell"].is_open
    assert (found.held_scopes, found.all_marketing_held) == ((), False)
    assert found.table.schema == SCHEMA
    assert len(rows(found)) + len(rows(found, WATCHED)) == found.table.num_rows
    assert found.table.column("check").to_pylist() == sorted(found.table.column("check").to_pylist())


def test_a_bad_carrier_holds_only_its_orders() -> None:
    """The shop is counted without the carrier that is held, and says so; the program stays open."""
    found = ready(tables(carriers={"dpd": GOOD, "swiftline": BAD}), programs=MARKETING)
    of_shop = rows(found)["on_time_share", "shop"]

    assert found.held_scopes == (("on_time_share", "carrier:swiftline"),)
    assert (of_shop["verdict"], of_shop["numerator"], of_shop["denominator"]) == ("pass", 396, 400)
    assert "Counted without carrier:swiftline, which is held by itself." in str(of_shop["reason"])
    assert found.program_verdicts["cross_sell"].is_open


def test_a_carrier_with_few_parcels_holds_only_its_orders() -> None:
    """29 parcels say nothing about a carrier, so its own orders wait; 30 good ones are enough."""
    few = ready(tables(carriers={"dpd": GOOD, "new": Carrier(parcels=29, on_time=29)}), programs=MARKETING)
    enough = ready(tables(carriers={"dpd": GOOD, "new": Carrier(parcels=30, on_time=30)}), programs=MARKETING)

    assert few.held_scopes == (("on_time_share", "carrier:new"),)
    assert rows(few)["on_time_share", "carrier:new"]["verdict"] == "insufficient"
    assert few.program_verdicts["cross_sell"].is_open
    assert enough.held_scopes == ()


@pytest.mark.parametrize(("good", "verdict"), [(110, "pass"), (30, "warn"), (29, "insufficient")])
def test_the_rest_of_the_shop_is_judged_by_itself(good: int, verdict: str) -> None:
    """A failing carrier with most of the parcels does not close the shop; too few others are insufficient."""
    carriers = {"dpd": Carrier(parcels=good, on_time=good), "swiftline": Carrier(parcels=2000, on_time=100)}
    found = ready(tables(carriers=carriers), programs={"tips": program("on_time_share")})

    assert rows(found, "tips")["on_time_share", "shop"]["verdict"] == verdict
    assert found.all_marketing_held == (verdict == "insufficient")


def test_a_carrier_that_only_one_program_minds() -> None:
    """A program that does not require the check which holds a carrier counts that carrier's parcels in."""
    programs = {"careful": program("tracking_coverage", "on_time_share"), "easy": program("tracking_coverage")}
    found = ready(tables(carriers={"dpd": GOOD, "swiftline": BAD}), programs=programs)

    assert rows(found, "careful")["tracking_coverage", "shop"]["denominator"] == 410
    assert rows(found, "easy")["tracking_coverage", "shop"]["denominator"] == 520


@pytest.mark.parametrize("missing", NEEDED)
def test_a_missing_table_is_insufficient(missing: str) -> None:
    """A table without which the shop cannot be judged holds the program, and the reason names it."""
    given = {name: text for name, text in HEALTHY.items() if name != missing}
    found = ready(given, programs=MARKETING, present=PRESENT - {missing})
    row = rows(found)["feed_freshness", "shop"]

    assert row["verdict"] == "insufficient"
    assert missing.replace("_", " ") in str(row["reason"])
    assert found.all_marketing_held


def test_nothing_but_orders() -> None:
    """A shop that brings only orders is held with insufficient evidence, not with a crash."""
    found = ready(
        {"orders": HEALTHY["orders"]},
        programs={"cross_sell": program(*CHECKS)},
        present=frozenset({"orders", "order_lines"}),
    )

    assert {row["verdict"] for (_, scope), row in rows(found).items() if scope == "shop"} == {"insufficient"}
    assert found.all_marketing_held


def test_service_programs_are_never_locked() -> None:
    """A service program is open whatever happens, and does not count when all marketing is held."""
    programs = {"parcel_late": program("on_time_share", kind="service"), "tips": program(*CHECKED, kind="education")}
    found = ready({}, programs=programs, present=frozenset())

    assert found.program_verdicts["parcel_late"].is_open
    assert not found.program_verdicts["tips"].is_open
    assert found.all_marketing_held
    assert not ready({}, programs={"parcel_late": programs["parcel_late"]}).all_marketing_held


def test_wismo_tickets_that_count() -> None:
    """Spam, what agents opened, other reasons and older tickets are no question where an order is."""
    tickets = """
    ticket_id | status | reason | created_at       | is_spam | is_from_agent
    t1        | open   | wismo  | 2011-11-16T10:00 | -       | -
    t2        | open   | wismo  | 2011-11-16T10:00 | true    | -
    t3        | open   | wismo  | 2011-11-16T10:00 | -       | true
    t4        | open   | return | 2011-11-16T10:00 | -       | -
    t5        | open   | wismo  | 2011-10-19T00:00 | -       | -
    t6        | open   | wismo  | 2011-10-20T00:00 | -       | -
    t7        | open   | wismo  | 2011-11-17T00:00 | -       | -
    """
    found = ready({**HEALTHY, "tickets": tickets}, programs=MARKETING)

    assert rows(found)["wismo_per_100_orders", "shop"]["numerator"] == 2


def test_a_held_carriers_tickets_do_not_close_the_shop() -> None:
    """Tickets and orders that came with a held carrier's parcels are its own matter."""
    given = tables(carriers={"dpd": GOOD, "swiftline": BAD})
    orders = [f"swiftline-{n} | c | 2011-11-10T10:00" for n in range(90)]
    asked = [f"x{n} | swiftline-{n} | closed | wismo | 2011-11-14T10:00" for n in range(90)]
    found = ready(
        {
            **given,
            "orders": "\n".join([given["orders"], *orders]),
            "tickets": "\n".join([given["tickets"], *asked]),
        },
        programs={"careful": program(*CHECKED), "easy": program("wismo_per_100_orders")},
    )

    assert rows(found, "careful")["wismo_per_100_orders", "shop"]["verdict"] == "pass"
    assert rows(found, "easy")["wismo_per_100_orders", "shop"]["verdict"] == "hold"


# days from the promise to the delivery, -1 for not arrived -> whether it was on time
GRACE = {0: True, 1: True, 2: False, -1: False}


@pytest.mark.parametrize("days", GRACE)
def test_the_day_of_grace(days: int) -> None:
    """A parcel may come on the day after the promised one, until midnight; one that has not come is late."""
    delivered = "-" if days < 0 else f"{date(2011, 11, 10) + timedelta(days=days)}T23:59"
    parcels = ["shipment_id | order_id | carrier | shipped_at | promised_by_on | status | delivered_at"]
    parcels += [f"s{n} | o{n} | dpd | 2011-11-08T10:00 | 2011-11-10 | in_transit | {delivered}" for n in range(40)]
    found = ready({**HEALTHY, "shipments": "\n".join(parcels)}, programs=MARKETING)

    assert rows(found)["on_time_share", "carrier:dpd"]["numerator"] == (40 if GRACE[days] else 0)


# promised by -> whether it is counted on the night of 16 November
DUE = {"2011-11-16": False, "2011-11-15": True, "2011-10-17": True, "2011-10-16": False}


@pytest.mark.parametrize("promised", DUE)
def test_what_is_due(promised: str) -> None:
    """A parcel counts once its day of grace is over, for 30 days; cancelled ones and those of test orders never do."""
    parcels = f"""
    shipment_id | order_id | carrier | shipped_at       | promised_by_on | status     | delivered_at
    s1          | o1       | dpd     | 2011-11-08T10:00 | {promised}     | in_transit | 2011-11-09T10:00
    s2          | o1       | dpd     | 2011-11-08T10:00 | {promised}     | cancelled  | -
    s3          | test     | dpd     | 2011-11-08T10:00 | {promised}     | in_transit | -
    """
    orders = "order_id | placed_at | is_test\no1 | 2011-11-01T10:00 | -\ntest | 2011-11-01T10:00 | true"
    found = ready({**HEALTHY, "orders": orders, "shipments": parcels}, programs=MARKETING)

    assert rows(found)["on_time_share", "carrier:dpd"]["denominator"] == int(DUE[promised])


@pytest.mark.parametrize(("hours", "verdict"), [(23, "pass"), (24, "pass"), (25, "hold")])
def test_a_feed_that_stops(hours: int, verdict: str) -> None:
    """A source that is silent for more than 24 working hours, though rows were due, is stale."""
    given = tables(carriers={"dpd": GOOD}, feed_ends=CUTOFF - timedelta(hours=hours - 1))
    found = rows(ready(given, programs=MARKETING))

    assert found["feed_freshness", "source:orders"]["verdict"] == verdict
    assert found["feed_freshness", "shop"]["verdict"] == verdict


def test_returns_have_a_feed_too() -> None:
    """Returns that came every hour and stop are stale, as any other source is."""
    returns = ["return_id | order_id | state | requested_at"]
    returns += [f"r{n} | o{n} | open | {(CUTOFF - timedelta(days=3, hours=n)).isoformat()}" for n in range(24 * 14)]
    found = rows(ready({**HEALTHY, "returns": "\n".join(returns)}, programs=MARKETING))

    assert found["feed_freshness", "source:returns"]["verdict"] == "hold"
    assert found["feed_freshness", "shop"]["verdict"] == "hold"


def test_a_quiet_source_is_not_a_stale_one() -> None:
    """Five tickets a month are silent for days, and nothing is wrong."""
    tickets = "ticket_id | status | reason | created_at\n" + "\n".join(
        f"t{n} | closed | other | 2011-11-0{1 + n}T10:00" for n in range(5)
    )
    found = rows(ready({**HEALTHY, "tickets": tickets}, programs=MARKETING))

    assert found["feed_freshness", "source:tickets"]["verdict"] == "pass"


def test_a_carrier_whose_scans_stop() -> None:
    """A carrier with parcels on the way and no scan for a day holds its orders; the shop's feed is alive."""
    given = tables(carriers={"dpd": GOOD, "swift": Carrier(parcels=100, on_time=100)}, silent=frozenset({"swift"}))
    found = ready(given, programs=MARKETING)

    assert found.held_scopes == (("feed_freshness", "carrier:swift"),)
    assert rows(found)["feed_freshness", "shop"]["verdict"] == "pass"


def test_refunds_against_the_shops_own_past() -> None:
    """10 % refunded is usual where it always was; the same after 5 % holds; without a past nothing can be said."""
    orders = ["order_id | customer_id | placed_at"]
    orders += [f"o{n} | c | {(CUTOFF - timedelta(days=14.5 + n % 118)).isoformat()}" for n in range(11800)]
    refunds = ["refund_id | order_id | amount_cents | refunded_at"]

    def found(*, past: int, orders: list[str] = orders) -> dict[str, object]:
        refunded = [n for n in range(11800) if n // 118 % (10 if n % 118 < 28 else past) == 0]
        made = [
            f"r{n} | o{n} | 100 | {(CUTOFF - timedelta(days=14.5 + n % 118) + timedelta(days=3)).isoformat()}"
            for n in refunded
        ]
        given = {**HEALTHY, "orders": "\n".join(orders), "refunds": "\n".join([*refunds, *made])}
        return rows(ready(given, programs={"cross_sell": program("refund_share")}))["refund_share", "shop"]

    young = [row for n, row in enumerate(orders) if n == 0 or (n - 1) % 118 < 28]

    assert (found(past=10)["verdict"], found(past=10)["numerator"], found(past=10)["denominator"]) == (
        "pass",
        280,
        2800,
    )
    assert found(past=20)["verdict"] == "hold"
    assert found(past=10, orders=young)["verdict"] == "insufficient"


def test_the_same_at_the_moment_of_export() -> None:
    """Hours later, with nothing new but time, the same programs are open; a day later the feeds are stale."""
    later = ready(HEALTHY, programs=MARKETING, cutoff=CUTOFF + timedelta(hours=10))
    much_later = ready(HEALTHY, programs=MARKETING, cutoff=CUTOFF + timedelta(hours=26))

    assert later.program_verdicts["cross_sell"].is_open
    assert much_later.all_marketing_held


@pytest.mark.parametrize(
    ("programs", "thresholds", "message"),
    [
        (
            ["on_time_shar"],
            {},
            "programs.cross_sell.requires: unknown check 'on_time_shar'; did you mean 'on_time_share'?",
        ),
        ([], {"wismo": {"pass": 1}}, "thresholds.wismo: unknown check"),
        ([], {"on_time_share": {"passs": 1}}, "thresholds.on_time_share.passs: unknown key; did you mean 'pass'?"),
        ([], {"on_time_share": {"pass": 93}}, "thresholds.on_time_share.pass: 93 is not a share from 0 to 1"),
        ([], {"on_time_share": {"pass": 0.8}}, "pass must not be under hold"),
        ([], {"wismo_per_100_orders": {"hold": 1}}, "pass must not be over hold"),
    ],
)
def test_wrong_settings(programs: list[str], thresholds: dict[str, dict[str, float]], message: str) -> None:
    """A wrong name or threshold is refused with the file, the key and the nearest right word."""
    with pytest.raises(ConfigurationInvalid, match=r"shop\.toml: ") as refused:
        ready(HEALTHY, programs={"cross_sell": program(*programs)}, thresholds=thresholds)

    assert message in str(refused.value)


def test_thresholds_of_the_shop() -> None:
    """A shop's own threshold takes the place of the shipped one."""
    strict = ready(HEALTHY, programs=MARKETING, thresholds={"on_time_share": {"pass": 0.999, "hold": 0.99}})

    assert rows(strict)["on_time_share", "carrier:dpd"]["verdict"] == "hold"
    assert strict.all_marketing_held


def test_the_table_a_manager_reads() -> None:
    """What holds the shop comes first, with figures, who needs it and whose it is."""
    given = tables(carriers={"dpd": GOOD, "swiftline": BAD}, wismo=100)
    text = readiness_table_text(ready(given, programs={"cross_sell": program(*CHECKED)}).table)

    assert text.splitlines()[2:4] == ["HOLDS PROGRAMS", f"{'hold':<14}{'wismo per 100 orders':<34}shop"]
    assert text.index("carrier:swiftline") > text.index("HOLDS ONLY THE ORDERS OF")
    assert "For example swiftline-40, swiftline-99." in " ".join(text.split())
    assert "99.0 % of 400 parcels due in the last 30 days arrived by the promised day or the day after" in " ".join(
        text.split()
    )
    assert "Needed by cross-sell. Owner: support lead." in text
    assert "more for single sources, carriers, regions, categories" in text
