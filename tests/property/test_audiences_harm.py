"""Whatever the data: nobody is written to who must not be, and nobody twice."""

import hashlib
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from personalization.audiences import Audience
from personalization.audiences.holdout import EVERYONE
from personalization.settings import Holdout
from tests.unit.audiences import night

PEOPLE = ("ann", "bob", "cleo", "dora", "emil")
SKUS = ("CANDLE", "NAPKIN", "CLOCK", "JUG")
_STATUSES = (*["subscribed"] * 9, "soft_opt_in", "pending", "unsubscribed", "unknown")
NIGHT_END = datetime(2011, 11, 21)
SHOP = night.SHOP.model_copy(update={"holdout": Holdout(salt="x", global_percent=15, program_percent=25)})


def _text(header: str, lines: list[str]) -> str:
    return "\n".join([header, *lines])


@st.composite
def worlds(draw: st.DrawFn) -> dict[str, Any]:
    """Return the tables of a small shop as lists of lines: a few people, their orders, and what may go wrong."""

    def lines(least: int, most: int, make: Any) -> list[str]:
        return [make(number) for number in range(draw(st.integers(least, most)))]

    def at(most: int = 40) -> str:
        return (NIGHT_END - timedelta(days=draw(st.integers(0, most)), hours=5)).isoformat()

    def one(*words: Any) -> Any:
        return draw(st.sampled_from(words))

    def chance() -> str:
        return f"0.{draw(st.integers(1, 9))}"

    orders, order_lines, shipments = [], [], []
    for person in PEOPLE:  # something fresh for everyone, or hardly anybody would be written to in any case
        orders.append(f"o-{person} | {person} | 2011-11-15T09:00 | -")
        order_lines.append(f"l-{person} | o-{person} | {one(*SKUS)}")
        shipments.append(f"s-{person} | o-{person} | good | 2011-11-16T09:00 | delivered | 2011-11-18T12:00")
    for number in range(draw(st.integers(0, 3))):
        orders.append(f"o{number} | {one(*PEOPLE, '-')} | {at()} | {one('true', 'false', '-')}")
        order_lines += [f"l{number}{place} | o{number} | {one(*SKUS)}" for place in range(draw(st.integers(1, 2)))]
        arrived = one("delivered", "delivered", "delivered", "in_transit", "exception")
        when = at() if arrived == "delivered" else "-"
        shipments.append(f"s{number} | o{number} | {one('good', 'bad')} | {at()} | {arrived} | {when}")
    pairs = [(person, sku) for person in PEOPLE for sku in SKUS]
    due = [
        f"{person} | {sku} | 2011-11-{draw(st.integers(18, 30))} | {chance()} | product | 2 | 2011-10-10"
        for person, sku in pairs
        if draw(st.booleans())
    ]
    candidates = [
        f"{person} | {sku} | 1 | {chance()} | false | CANDLE | {draw(st.integers(2, 5))}"
        for person, sku in pairs
        if draw(st.booleans())
    ]
    return {
        "customers": [
            f"{person} | {person}@shop.example | {one('Europe/London', 'Asia/Tokyo', '-')}" for person in PEOPLE
        ],
        "consents": sorted(
            {f"{name} | {at()} | {one(*_STATUSES)}" for name in PEOPLE for _ in range(one(0, 1, 1, 1, 1, 2))}
        ),
        "orders": orders,
        "order_lines": order_lines,
        "shipments": shipments,
        "suppressions": [
            f"{digest} | email" for digest in sorted({_digest(one(*PEOPLE)) for _ in range(draw(st.integers(1, 2)))})
        ],
        "tickets": lines(1, 2, lambda number: f"t{number} | {one(*PEOPLE)} | {at()}"),
        "messages": lines(
            4, 9, lambda number: f"m{number} | {one(*PEOPLE)} | esp | {one('service', 'marketing')} | email | {at(9)}"
        ),
        "replenishment": due,
        "candidates": candidates,
        "before": [
            (one(*PEOPLE), one(EVERYONE, "onboarding", "replenishment"), draw(st.booleans()))
            for _ in range(draw(st.integers(0, 2)))
        ],
    }


_HEADERS = {
    "customers": "customer_id | email | timezone",
    "consents": "customer_id | captured_at | status",
    "orders": "order_id | customer_id | placed_at | is_gift",
    "order_lines": "order_line_id | order_id | sku",
    "shipments": "shipment_id | order_id | carrier | shipped_at | status | delivered_at",
    "suppressions": "address_hash | channel",
    "tickets": "ticket_id | customer_id | created_at",
    "messages": "message_id | customer_id | source | class | channel | sent_at",
    "replenishment": "customer_id | sku | due_on | buy_probability | basis | purchases | last_bought_on",
    "candidates": "customer_id | sku | rank | score | is_repeat | because_sku | support",
}


def _digest(person: str) -> str:
    return hashlib.sha256(f"{person}@shop.example".encode()).hexdigest()


def _before(world: dict[str, Any]) -> pa.Table:
    drawn = {(person, program): is_withheld for person, program, is_withheld in world["before"]}
    keys = sorted(drawn)
    columns = {
        "customer_id": pa.array([person for person, _ in keys], pa.string()),
        "program": pa.array([program for _, program in keys], pa.string()),
        "is_withheld": pa.array([drawn[key] for key in keys], pa.bool_()),
    }
    return pa.table(columns)


def _decide(world: dict[str, Any], *, is_reversed: bool = False, **more: str) -> Audience:
    tables = {
        name: _text(header, list(reversed(world[name])) if is_reversed else world[name])
        for name, header in _HEADERS.items()
    } | more
    bad = {"check": "on_time_share", "scope": "carrier:bad", "program": "onboarding", "verdict": "hold"}
    readiness = pa.concat_tables([night.passing(), pa.Table.from_pylist([bad], schema=night.READINESS)])
    with night.world(scores="customer_id", **tables) as warehouse:
        return night.decide(warehouse, shop=SHOP, readiness=readiness, holdouts_before=_before(world))


def _newest_word(world: dict[str, Any], person: str) -> set[str]:
    """Return what a person's newest consent says; two at one instant are both meant."""
    words = [[cell.strip() for cell in line.split("|")] for line in world["consents"]]
    own = [word for word in words if word[0] == person]
    newest = max((word[1] for word in own), default="")
    return {word[2] for word in own if word[1] == newest}


# Shrinking would take minutes, and a world of five people is small enough to read.
_quick = settings(
    phases=[Phase.generate], max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@_quick
@given(worlds())
def test_nobody_who_must_be_left_alone(world: dict[str, Any]) -> None:
    """Without consent, suppressed, with an open ticket, withheld or over budget, nobody is written to."""
    audience = _decide(world)

    sent = [row for row in audience.decisions.to_pylist() if row["verdict"] == "send"]
    before = {(row["customer_id"], row["program"]): row["is_withheld"] for row in _before(world).to_pylist()}
    had = [[cell.strip() for cell in line.split("|")] for line in world["messages"]]
    for row in sent:
        person, program = row["customer_id"], row["program"]
        assert _newest_word(world, person) in ({"subscribed"}, {"soft_opt_in"}, {"subscribed", "soft_opt_in"})
        assert f"{_digest(person)} | email" not in world["suppressions"]
        assert not any(f" {person} " in line for line in world["tickets"])
        for name in (EVERYONE, program):
            hashed = night.in_holdout(person, salt="x", program=name, percent=15 if name == EVERYONE else 25)
            assert not before.get((person, name), hashed)
        week = [
            one
            for one in had
            if one[1] == person and datetime.fromisoformat(one[5]) > row["send_at"] - timedelta(days=7)
        ]
        assert not any(
            one[3] == "marketing" and datetime.fromisoformat(one[5]) > row["send_at"] - timedelta(days=1)
            for one in had
            if one[1] == person
        )
        assert len(week) < 6
        assert sum(one[3] == "marketing" for one in week) < 3


@_quick
@given(worlds())
def test_one_message_each_and_everything_adds_up(world: dict[str, Any]) -> None:
    """At most one message per customer, each subject decided once, and the verdicts add up to all considered."""
    audience = _decide(world)

    rows = audience.decisions.to_pylist()
    sends = Counter(row["customer_id"] for row in rows if row["verdict"] == "send")
    assert all(count == 1 for count in sends.values())
    assert len({(row["customer_id"], row["program"], row["subject"]) for row in rows}) == len(rows)
    assert sum(sum(verdicts.values()) for verdicts in audience.funnel.values()) == len(rows)
    assert all((row["verdict"] == "send") == (not row["reasons"]) for row in rows)
    assert all(row["rival"] for row in rows if row["verdict"] in ("merged", "lost_arbitration"))


@_quick
@given(worlds())
def test_order_of_rows_and_reruns_change_nothing(world: dict[str, Any]) -> None:
    """The same night gives the same table, whichever way round its rows came."""
    first, turned = _decide(world), _decide(world, is_reversed=True)

    assert first.decisions.equals(turned.decisions)
    assert first.assignments.equals(turned.assignments)


# what happens to the order o-{0} of the person {0} -> the tables that tell of it
_HAPPENED = {
    "claim": {"claims": "claim_id | order_id | type | opened_at\nx | o-{0} | damaged | 2011-11-19T10:00"},
    "return": {"returns": "return_id | order_id | requested_at\nx | o-{0} | 2011-11-19T10:00"},
    "exchange": {"returns": "return_id | order_id | requested_at | outcome\nx | o-{0} | 2011-11-19T10:00 | exchange"},
    "chargeback": {"chargebacks": "chargeback_id | order_id | opened_at\nx | o-{0} | 2011-11-19T10:00"},
    "refund": {"refunds": "refund_id | order_id | amount_cents | refunded_at\nx | o-{0} | 9900 | 2011-11-19T10:00"},
    "sent back": {
        "returns": "return_id | order_id | state | requested_at | closed_at\n"
        "x | o-{0} | closed | 2011-11-19T10:00 | 2011-11-20T10:00",
        "return_lines": "return_id | order_line_id\nx | l-{0}",
    },
}
_STOPS_EVERYTHING = {"claim", "return", "exchange", "chargeback"}


@settings(_quick, max_examples=6)
@given(worlds(), st.sampled_from(sorted(_HAPPENED)), st.sampled_from(PEOPLE))
def test_an_exception_adds_no_message_about_its_order(world: dict[str, Any], happened: str, person: str) -> None:
    """Whatever happens to an order, nothing is written about it that would not have been, and mostly nothing at all."""
    tables = {name: text.format(person) for name, text in _HAPPENED[happened].items()}
    before, after = _decide(world).decisions.to_pylist(), _decide(world, **tables).decisions.to_pylist()

    about = [{(r["program"], r["subject"]) for r in rows if _is_sent(r, f"o-{person}")} for rows in (before, after)]
    assert about[1] <= about[0]
    assert about[1] == set()
    if happened in _STOPS_EVERYTHING:
        assert not any(row["verdict"] == "send" and row["customer_id"] == person for row in after)


def _is_sent(row: dict[str, Any], order: str) -> bool:
    return row["verdict"] == "send" and row["order_id"] == order
