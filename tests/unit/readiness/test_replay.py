"""Looking back: what a past night is judged on is what that night itself would have been judged on."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from personalization.contracts import TABLES
from personalization.journey import build_journey
from personalization.readiness import CHECKS, Rules, changes_text, check_readiness, replay
from personalization.readiness.evidence import read_evidence
from personalization.readiness.gate import raw_verdict
from personalization.readiness.nights import looked_at_nights
from personalization.readiness.replay import REPLAYED
from personalization.warehouse import Warehouse
from tests.lib.tables import canonical
from tests.unit.readiness.shop import CUTOFF, PRESENT, RUN_DATE, program

SCANS = ("in_transit", "out_for_delivery", "delivered", "attempt_failed", "delivered", "return_to_sender")


def messy() -> dict[str, str]:
    """Return a shop whose news comes late, in any order and sometimes denied, over the weeks to the night."""
    orders = ["order_id | placed_at | promised_by_on | cancelled_at"]
    shipments = ["shipment_id | order_id | carrier | dest_region | tracking_no | shipped_at | status | delivered_at"]
    scans = ["event_id | shipment_id | status | occurred_at | received_at"]
    tickets = ["ticket_id | order_id | reason | created_at | first_reply_at | resolved_at | reopens"]
    returns = ["return_id | order_id | requested_at | approved_at | closed_at | state | outcome"]
    back = ["return_id | order_line_id | reason"]
    lines = ["order_line_id | order_id | sku"]
    claims = ["claim_id | order_id | type | opened_at | decided_at | resolved_at | is_reopened"]
    refunds = ["refund_id | order_id | amount_cents | refunded_at"]
    messages = ["message_id | customer_id | order_id | source | class | sent_at | status"]
    engagement = ["message_id | type | occurred_at"]
    for n in range(300):
        placed = CUTOFF - timedelta(hours=7 * n + 1)
        cancelled = (placed + timedelta(hours=n % 90)).isoformat() if n % 11 == 0 else "-"
        orders.append(f"o{n} | {placed.isoformat()} | {(placed + timedelta(days=n % 6)).date()} | {cancelled}")
        for part in range(1 + n % 3):
            left = placed + timedelta(hours=5 * part + n % 30)
            carrier = ("dpd", "swift", "-")[(n + part) % 3]
            region = ("north", "south", "-", "south")[(n + part) % 4]
            number = "T" if n % 5 else "-"
            shipments.append(
                f"s{n}-{part} | o{n} | {carrier} | {region} | {number} | {left.isoformat()} | in_transit | -"
            )
            for k in range(n % 7):
                occurred = left + timedelta(hours=11 * k)
                received = occurred + timedelta(hours=(n * k) % 60)
                status = SCANS[(n + k) % len(SCANS)]
                scans.append(
                    f"e{n}-{part}-{k} | s{n}-{part} | {status} | {occurred.isoformat()} | {received.isoformat()}"
                )
        wrote = placed + timedelta(hours=n % 200)
        tickets.append(
            f"t{n} | o{n} | {('wismo', 'other')[n % 2]} | {wrote.isoformat()} | "
            f"{(wrote + timedelta(hours=n % 30)).isoformat()} | "
            f"{(wrote + timedelta(hours=n % 99)).isoformat()} | {n % 3}"
        )
        lines.append(f"l{n} | o{n} | sku{n % 3}")
        asked, later = placed + timedelta(days=n % 20), placed + timedelta(days=n % 20 + n % 9)
        if n % 4 == 0:
            outcome = ("refund", "exchange", "-")[n % 3]
            stamps = f"{asked.isoformat()} | {asked.isoformat()} | {later.isoformat()}"
            returns.append(f"r{n} | o{n} | {stamps} | closed | {outcome}")
            back.append(f"r{n} | l{n} | {('other', 'size_fit', 'unknown')[n % 3]}")
            refunds.append(f"f{n} | o{n} | 100 | {later.isoformat()}")
        if n % 5 == 0:
            kind = ("lost", "damaged")[n % 2]
            claims.append(
                f"k{n} | o{n} | {kind} | {asked.isoformat()} | {asked.isoformat()} | {later.isoformat()} | true"
            )
        kind = ("service", "marketing", "marketing")[n % 3]
        messages.append(f"m{n} | c{n % 40} | o{n} | tracking | {kind} | {asked.isoformat()} | sent")
        engagement.append(
            f"m{n} | {('delivered', 'complaint', 'unsubscribe', 'bounce_hard')[n % 4]} | {later.isoformat()}"
        )
    return {
        name: "\n".join(rows)
        for name, rows in {
            "orders": orders,
            "order_lines": lines,
            "shipments": shipments,
            "tracking_events": scans,
            "tickets": tickets,
            "returns": returns,
            "return_lines": back,
            "refunds": refunds,
            "claims": claims,
            "messages": messages,
            "engagement": engagement,
        }.items()
    }


# What happened in a table at which time; what happened later is taken away to see whether a past night notices.
HAPPENED = {
    "tracking_events": "received_at",
    "orders": "placed_at",
    "shipments": "shipped_at",
    "tickets": "created_at",
    "returns": "requested_at",
    "refunds": "refunded_at",
    "claims": "opened_at",
    "messages": "sent_at",
    "engagement": "occurred_at",
}


def forget(shop: Warehouse, cutoff: datetime) -> None:
    """Take away all that happened or was learned after *cutoff*, and what rows say of later moments."""
    for table, instant in HAPPENED.items():
        shop.connection.execute(f"DELETE FROM {table} WHERE {instant} >= '{cutoff.isoformat()}'")
    for table, columns in {
        "returns": ("approved_at", "closed_at"),
        "claims": ("decided_at", "resolved_at"),
        "tickets": ("first_reply_at", "resolved_at"),
    }.items():
        for column in columns:
            later = f"{column} >= '{cutoff.isoformat()}'"
            shop.connection.execute(f"UPDATE {table} SET {column} = NULL WHERE {later}")
    shop.connection.execute("UPDATE returns SET state = 'approved' WHERE closed_at IS NULL")


def key_of(row: dict[str, Any]) -> tuple[str, str, str]:
    """Return what a verdict is about."""
    return row["check"], row["scope"], row["program"]


def warehouse(*, threads: int = 1) -> Warehouse:
    """Return a warehouse with the messy shop in it."""
    made = Warehouse(threads=threads)
    made.load_canonical(Path("nowhere"))
    for name, text in messy().items():
        assert name in TABLES
        made.load_arrow(name, canonical(name, text))
    return made


def test_a_replayed_night_is_as_it_was() -> None:
    """Each earlier night is judged on the same counts in tonight's pass as in a pass of its own."""
    with warehouse() as shop:
        nights = looked_at_nights(run_date=RUN_DATE, cutoff=CUTOFF, timezone="Europe/London")
        together = read_evidence(shop, nights=nights, present=PRESENT)
        for back, replayed in enumerate(together):
            alone = read_evidence(
                shop,
                nights=looked_at_nights(
                    run_date=RUN_DATE - timedelta(days=back), cutoff=nights[back].cutoff, timezone="Europe/London"
                ),
                present=PRESENT,
            )[0]

            assert (replayed.counts, replayed.sources, replayed.carriers) == (
                alone.counts,
                alone.sources,
                alone.carriers,
            )
            assert sum(count.denominator for count in alone.counts["on_time_share"]) > 30


def test_later_news_changes_nothing_before_it() -> None:
    """A past night's counts stay the same when all that was learned after it is taken away."""
    past = looked_at_nights(run_date=RUN_DATE - timedelta(days=5), cutoff=CUTOFF - timedelta(days=5), timezone="UTC")
    with warehouse() as shop:
        knowing = read_evidence(shop, nights=past, present=PRESENT)
        forget(shop, past[0].cutoff)

        assert read_evidence(shop, nights=past, present=PRESENT) == knowing
    empty = {name for name, counts in knowing[0].counts.items() if not sum(count.denominator for count in counts)}
    assert empty <= {"outside_policy_share", "claim_share", "approval_to_refund_days", "order_volume"}


@pytest.mark.parametrize("table", ["order_state", "line_state", "arrivals", "open_exceptions", "next_steps"])
def test_the_journey_of_a_past_night_does_not_change_with_later_news(table: str) -> None:
    """Stages, what is open, how long lanes take and next steps are those of the night, whatever came after it."""
    cutoff = CUTOFF - timedelta(days=5)
    with warehouse() as shop:
        build_journey(shop, cutoff=cutoff)
        knowing = shop.connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall()
        forget(shop, cutoff)
        shop.connection.execute("DELETE FROM order_lines WHERE order_id NOT IN (SELECT order_id FROM orders)")
        build_journey(shop, cutoff=cutoff)

        assert shop.connection.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall() == knowing
    assert knowing


def test_replayed_nights_are_those_that_would_have_been_run() -> None:
    """A replay in one pass gives each night the verdict that a night of its own would have given."""
    rules = Rules(programs={"cross_sell": program(*CHECKS)})
    with warehouse() as shop:
        replayed = replay(
            shop,
            run_date=RUN_DATE,
            cutoff=CUTOFF,
            nights=12,
            present=PRESENT,
            rules=rules,
        ).to_pylist()
        for back in range(12):
            night = RUN_DATE - timedelta(days=back)
            own = check_readiness(
                shop,
                run_date=night,
                cutoff=CUTOFF - timedelta(days=back),
                present=PRESENT,
                rules=rules,
            ).table.to_pylist()

            assert {key_of(row): row["verdict"] for row in replayed if row["night"] == night} == {
                key_of(row): row["verdict"] for row in own
            }
    assert {row["verdict"] for row in replayed} == {"pass", "warn", "hold", "insufficient"}
    assert any(row["scope"] == "region:south" for row in replayed)


def test_when_gates_closed_and_opened() -> None:
    """Each closing is told once with its reason, each opening too, and what nobody requires is not told."""
    said = {
        date(2011, 11, 1): ("pass", "pass"),
        date(2011, 11, 2): ("hold", "pass"),
        date(2011, 11, 3): ("insufficient", "hold"),
        date(2011, 11, 4): ("warn", "hold"),
    }
    rows = [
        {
            "night": night,
            "check": check,
            "scope": scope,
            "program": name,
            "verdict": verdict,
            "reason": f"Is {verdict}.",
        }
        for night, verdicts in said.items()
        for (check, scope, name), verdict in zip(
            [("on_time_share", "shop", "cross_sell"), ("on_time_share", "carrier:dpd", "")], verdicts, strict=True
        )
    ]

    assert changes_text(pa.Table.from_pylist(rows, schema=REPLAYED)).splitlines() == [
        "The nights of 2011-11-01 to 2011-11-04, each with what was known then:",
        "",
        "2011-11-02  closed: on time share (cross-sell). Is hold.",
        "2011-11-04  opened: on time share (cross-sell).",
    ]


def test_a_region_that_was_too_small_is_not_closed_for_it() -> None:
    """A region that has enough parcels for the first time counts as clean before; a carrier has to show it."""
    key = ("on_time_share", "region:north", "cross_sell")

    assert raw_verdict({}, key) == "pass"
    assert raw_verdict({}, ("on_time_share", "carrier:dpd", "cross_sell")) == "insufficient"


def test_threads_change_nothing() -> None:
    """One thread and two give the same counts in the same order."""
    nights = looked_at_nights(run_date=RUN_DATE, cutoff=CUTOFF, timezone="UTC")
    with warehouse(threads=1) as one, warehouse(threads=2) as two:
        assert read_evidence(one, nights=nights, present=PRESENT) == read_evidence(two, nights=nights, present=PRESENT)


def test_nights_are_the_shops_own() -> None:
    """Earlier nights end at the shop's midnight, also over a change of the clock, and never after tonight's cutoff."""
    changed = looked_at_nights(
        run_date=RUN_DATE.replace(month=10, day=31), cutoff=datetime(2011, 11, 1), timezone="Europe/London"
    )
    early = looked_at_nights(run_date=RUN_DATE, cutoff=datetime(2011, 11, 15, 12), timezone="UTC")

    assert [night.cutoff for night in changed] == [
        datetime(2011, 11, 1),
        datetime(2011, 10, 31),
        datetime(2011, 10, 29, 23),
    ]
    assert [night.cutoff for night in early] == [
        datetime(2011, 11, 15, 12),
        datetime(2011, 11, 14, 12),
        datetime(2011, 11, 13, 12),
    ]
