"""Which message wins, how much is too much, who is withheld, and when it would be sent."""

import json
from datetime import date, datetime

import pyarrow as pa
import pytest

from personalization.audiences.holdout import EVERYONE, below
from personalization.audiences.send_times import send_times
from personalization.records import AsOf
from personalization.settings import Budget, Holdout, Shop
from personalization.store.state import SENT_BEFORE
from tests.unit.audiences import night

DUE = """
customer_id | sku    | due_on     | due_on_early | due_on_late | buy_probability | basis    | purchases | last_bought_on
ann         | CANDLE | 2011-11-24 | 2011-11-21   | 2011-11-30  | 0.30            | product  | 1         | 2011-11-15
ann         | NAPKIN | 2011-11-25 | 2011-11-21   | 2011-11-30  | 0.20            | personal | 3         | 2011-10-01
"""
TWO_BOUGHT = {
    "orders": "order_id | customer_id | placed_at\no1 | ann | 2011-11-15T09:00\no2 | ann | 2011-10-01T09:00",
    "order_lines": """order_line_id | order_id | sku | qty | unit_price_cents
    l1 | o1 | CANDLE | 2 | 400
    l2 | o2 | NAPKIN | 1 | 300""",
    "shipments": """shipment_id | order_id | carrier | shipped_at | status | delivered_at
    s1 | o1 | royal-mail | 2011-11-16T09:00 | delivered | 2011-11-18T12:00
    s2 | o2 | parcelforce | 2011-10-02T09:00 | delivered | 2011-10-04T12:00""",
}
SETTLED = {
    "orders": "order_id | customer_id | placed_at\no1 | ann | 2011-11-01T09:00",
    "shipments": """shipment_id | order_id | carrier | shipped_at | status | delivered_at
    s1 | o1 | royal-mail | 2011-11-02T09:00 | delivered | 2011-11-06T12:00""",
}
LEDGER = "message_id | run_date | customer_id | program | sent_at\n"
LEDGER_ABOUT = "message_id | run_date | customer_id | program | decision_subject | sent_at\n"
NEW = "customer_id | sku | rank | score | is_repeat | because_sku | support\n"
SUGGESTED = """
customer_id | sku    | rank | score | is_repeat | because_sku | support
ann         | CANDLE | 1    | 0.50  | true      | -           | 0
ann         | JUG    | 2    | 0.04  | false     | CANDLE      | 7
ann         | HOLDER | 3    | 0.03  | false     | CANDLE      | 3
ann         | NAPKIN | 4    | 0.02  | false     | CANDLE      | 2
"""


def sent(text: str) -> pa.Table:
    """Return the ledger's earlier sends from text, as the state database gives them."""
    given = night.rows(text)
    return pa.table(
        {
            "message_id": [row.get("message_id") for row in given],
            "run_date": [date.fromisoformat(row["run_date"]) for row in given],
            "customer_id": [row["customer_id"] for row in given],
            "program": [row["program"] for row in given],
            "message_class": ["marketing" for _ in given],
            "channel": ["email" for _ in given],
            "decision_subject": [row.get("decision_subject") for row in given],
            "destination": ["files" for _ in given],
            "sent_at": [datetime.fromisoformat(row["sent_at"]) if row["sent_at"] else None for row in given],
        },
        schema=SENT_BEFORE,
    )


def with_settings(**sections: object) -> Shop:
    """Return the demo shop with other sections."""
    return night.SHOP.model_copy(update=sections)


def test_one_message_by_expected_value() -> None:
    """The message that should bring most wins, its program's others go with it, and the loser knows its rival."""
    audience = night.decide(night.world(replenishment=DUE, **TWO_BOUGHT))

    assert night.verdicts(audience) == {
        ("ann", "onboarding", "l1"): ("lost_arbitration", ("lost_arbitration",)),
        ("ann", "replenishment", "CANDLE@1"): ("send", ()),
        ("ann", "replenishment", "NAPKIN@3"): ("merged", ("merged",)),
    }
    rivals = {row["subject"]: (row["rival"], row["skus"]) for row in audience.decisions.to_pylist()}
    assert rivals == {
        "l1": ("replenishment:CANDLE@1", ["CANDLE"]),
        "CANDLE@1": (None, ["CANDLE", "NAPKIN"]),
        "NAPKIN@3": ("replenishment:CANDLE@1", ["NAPKIN"]),
    }


def test_priority_weighs() -> None:
    """A program that the shop holds more important wins with less expected value."""
    programs = {
        name: program.model_copy(update={"priority": 100.0 if name == "onboarding" else 1.0})
        for name, program in night.SHOP.programs.items()
    }

    audience = night.decide(night.world(replenishment=DUE, **TWO_BOUGHT), shop=with_settings(programs=programs))

    assert night.verdicts(audience)["ann", "onboarding", "l1"] == ("send", ())


def test_lines_of_one_order_make_one_onboarding_message() -> None:
    """Of several new lines in an order the weightiest is written about and stands for the others."""
    lines = """order_line_id | order_id | sku | qty | unit_price_cents
    l1 | o1 | CANDLE | 2 | 400
    l2 | o1 | JUG    | 1 | 1500"""

    decided = night.verdicts(night.decide(night.world(order_lines=lines)))

    assert decided["ann", "onboarding", "l2"] == ("send", ())
    assert decided["ann", "onboarding", "l1"] == ("merged", ("merged_in_order",))


def test_cross_sell_names_supported_new_items() -> None:
    """Suggestions are new, bought together by at least three customers, and say because of what."""
    audience = night.decide(night.world(candidates=SUGGESTED, **SETTLED))

    (row,) = audience.decisions.to_pylist()
    assert (row["program"], row["subject"], row["verdict"], row["skus"]) == (
        "cross_sell",
        "o1",
        "send",
        ["JUG", "HOLDER"],
    )
    assert json.loads(row["facts"])["items"][0] == {
        "because_sku": "CANDLE",
        "because_title": "Tea lights",
        "score": 0.04,
        "sku": "JUG",
        "support": 7,
        "title": "Enamel jug",
    }


def test_soft_opt_in_hears_of_similar_goods_only() -> None:
    """Whoever only gave an address in a sale is shown items of a category they bought, else nothing."""
    consents = "customer_id | captured_at | status\nann | 2011-01-05T10:00 | soft_opt_in"
    other = f"{NEW}ann | JUG | 1 | 0.04 | false | CANDLE | 7"

    (similar,) = night.decide(night.world(candidates=SUGGESTED, consents=consents, **SETTLED)).decisions.to_pylist()
    (strange,) = night.decide(night.world(candidates=other, consents=consents, **SETTLED)).decisions.to_pylist()

    assert (similar["verdict"], similar["skus"]) == ("send", ["HOLDER"])
    assert (strange["verdict"], strange["reasons"], strange["skus"]) == ("no_consent", ["consent_soft_opt_in"], [])


def test_no_upsell_before_onboarding_of_considered_goods() -> None:
    """After a considered purchase cross-sell waits until help with it was sent (R18)."""
    tables = {
        **SETTLED,
        "order_lines": "order_line_id | order_id | sku | unit_price_cents\nl1 | o1 | CLOCK | 4000",
        "products": f"{night.PRODUCTS}LAMP | Lamp | durable | clocks | 1500 | 750",
    }
    candidates = f"{NEW}ann | LAMP | 1 | 0.04 | false | CLOCK | 7"
    tables["order_lines"] += "\nl2 | o1 | CANDLE | 400"

    def decided(subject: str | None) -> tuple[str, tuple[str, ...]]:
        ledger = (
            f"{LEDGER_ABOUT}m1 | 2011-11-08 | ann | onboarding | {subject} | 2011-11-09T10:00"
            if subject
            else LEDGER_ABOUT
        )
        audience = night.decide(night.world(candidates=candidates, **tables), sent_before=sent(ledger))
        return night.verdicts(audience)["ann", "cross_sell", "o1"]

    assert decided(None) == ("exception", ("onboarding_first",))
    assert decided("l2") == ("exception", ("onboarding_first",))  # help with the tea lights is no help with the clock
    assert decided("l1") == ("send", ())


@pytest.mark.parametrize("verdict", ["hold", "insufficient"])
def test_a_held_check_holds_its_programs(verdict: str) -> None:
    """A program whose check holds, or has too little evidence, writes to nobody; others go on."""
    audience = night.decide(
        night.world(replenishment=DUE, **TWO_BOUGHT), readiness=night.passing(wismo_per_100_orders=verdict)
    )

    decided = night.verdicts(audience)
    assert decided["ann", "replenishment", "CANDLE@1"] == ("hold", ("readiness:wismo_per_100_orders",))
    assert decided["ann", "onboarding", "l1"] == ("send", ())


def test_a_check_that_nobody_ran_holds() -> None:
    """A program holds when a check it requires is not in the readiness table."""
    decided = night.verdicts(night.decide(night.world(), readiness=night.READINESS.empty_table()))

    assert decided["ann", "onboarding", "l1"][0] == "hold"


def test_a_held_carrier_holds_its_orders_only() -> None:
    """What travelled with a bad carrier waits; what another carrier brought does not."""
    bad = [
        {"check": "on_time_share", "scope": "carrier:royal-mail", "program": program, "verdict": "hold"}
        for program in ("onboarding", "replenishment")
    ]
    readiness = pa.concat_tables([night.passing(), pa.Table.from_pylist(bad, schema=night.READINESS)])

    decided = night.verdicts(night.decide(night.world(replenishment=DUE, **TWO_BOUGHT), readiness=readiness))

    assert decided["ann", "replenishment", "CANDLE@1"] == ("hold", ("readiness:on_time_share:carrier:royal-mail",))
    assert decided["ann", "replenishment", "NAPKIN@3"] == ("send", ())


@pytest.mark.parametrize(
    ("carrier", "scope"),
    [("Big, Red/Van", "carrier:Big- Red-Van"), ("-", "carrier:unknown"), ("Royal Mail", "carrier:Royal Mail")],
)
def test_a_carrier_is_held_by_the_name_that_readiness_gives_it(carrier: str, scope: str) -> None:
    """Readiness spells a carrier as the lane does, without slash and comma; a missing one is unknown."""
    shipments = f"""shipment_id | order_id | carrier | shipped_at | status | delivered_at
    s1 | o1 | {carrier} | 2011-11-16T09:00 | delivered | 2011-11-18T12:00"""
    bad = [{"check": "on_time_share", "scope": scope, "program": "onboarding", "verdict": "hold"}]
    readiness = pa.concat_tables([night.passing(), pa.Table.from_pylist(bad, schema=night.READINESS)])

    decided = night.verdicts(night.decide(night.world(shipments=shipments), readiness=readiness))

    assert decided["ann", "onboarding", "l1"] == ("hold", (f"readiness:on_time_share:{scope}",))


@pytest.mark.parametrize(
    ("scope", "held"),
    [
        ("region:SCT", {"CANDLE@1"}),
        ("region:ENG", set()),
        ("category:candles", {"CANDLE@1"}),
        ("category:paper- party", {"NAPKIN@3"}),
    ],
)
def test_a_held_region_or_category_holds_what_it_concerns(scope: str, held: set[str]) -> None:
    """What went to a bad region waits, and what is of a category that comes back too often; nothing else does."""
    shipments = """shipment_id | order_id | carrier | dest_region | shipped_at | status | delivered_at
    s1 | o1 | royal-mail | SCT | 2011-11-16T09:00 | delivered | 2011-11-18T12:00
    s2 | o2 | dpd        | WLS | 2011-11-16T09:00 | delivered | 2011-11-18T12:00"""
    products = night.PRODUCTS.replace("| paper ", "| paper, party ")
    bad = [{"check": "refund_share", "scope": scope, "program": "replenishment", "verdict": "hold"}]
    readiness = pa.concat_tables([night.passing(), pa.Table.from_pylist(bad, schema=night.READINESS)])
    world = night.world(replenishment=DUE, **{**TWO_BOUGHT, "shipments": shipments, "products": products})

    decided = night.verdicts(night.decide(world, readiness=readiness))

    reason = (f"readiness:refund_share:{scope}",)
    assert {subject for (_, program, subject), said in decided.items() if said == ("hold", reason)} == held


def test_the_considered_line_speaks_for_its_order() -> None:
    """Of the lines of an order the one that needs setting up is written about, though another one cost more (R18)."""
    lines = """order_line_id | order_id | sku | qty | unit_price_cents
    l1 | o1 | CLOCK | 1 | 4000
    l2 | o1 | JUG   | 9 | 1500"""

    decided = night.verdicts(night.decide(night.world(order_lines=lines)))

    assert decided["ann", "onboarding", "l1"] == ("send", ())
    assert decided["ann", "onboarding", "l2"] == ("merged", ("merged_in_order",))


@pytest.mark.parametrize("own", [None, False])
def test_a_holdout_survives_a_merge(own: bool | None) -> None:
    """Whoever was withheld under an account that was merged since is withheld still, whatever their own draw said."""
    customers = """customer_id | email | merged_into
    ann | ann@shop.example | -
    old | old@shop.example | ann"""
    drawn = {"old": True} if own is None else {"ann": own, "old": True}
    before = pa.table(
        {"customer_id": list(drawn), "program": [EVERYONE] * len(drawn), "is_withheld": list(drawn.values())}
    )

    audience = night.decide(night.world(customers=customers), holdouts_before=before)

    assert night.verdicts(audience)["ann", "onboarding", "l1"] == ("holdout", ("holdout_global",))
    stored = {row["program"]: row["is_withheld"] for row in audience.assignments.to_pylist()}
    assert stored == ({EVERYONE: True, "onboarding": False} if own is None else {"onboarding": False})


# messages Ann had, class and instant -> the cap that holds; the next would go on 21 November at 10:00
EIGHT_DAYS = ("10-23", "10-25", "10-27", "10-29", "11-01", "11-03", "11-05", "11-07")
HAD = {
    "one this morning": (["marketing 2011-11-20T10:30"], "capped_day"),
    "one more than a day before": (["marketing 2011-11-20T10:00"], None),
    "three this week": ([f"marketing 2011-11-{day}T09:00" for day in (15, 17, 19)], "capped_7_days"),
    "eight this month": (
        [
            f"marketing 2011-{day}T12:00"
            for day in ["10-23", "10-25", "10-27", "10-29", "11-01", "11-03", "11-05", "11-07"]
        ],
        "capped_30_days",
    ),
    "many parcel notices": (
        [f"service 2011-11-{day}T12:00" for day in (15, 16, 17, 18, 19, 20)],
        "capped_all_messages",
    ),
    "five parcel notices": ([f"service 2011-11-{day}T12:00" for day in (16, 17, 18, 19, 20)], None),
}


@pytest.mark.parametrize("case", HAD)
def test_contact_budget(case: str) -> None:
    """Marketing waits once someone had as much as the budget allows, whichever tool sent it (T8)."""
    had, cap = HAD[case]
    messages = "message_id | customer_id | source | class | channel | sent_at\n" + "\n".join(
        f"m{number} | ann | tracking | {one.split()[0]} | email | {one.split()[1]}" for number, one in enumerate(had)
    )

    verdict, reasons = night.verdicts(night.decide(night.world(messages=messages)))["ann", "onboarding", "l1"]

    assert (verdict, reasons) == (("capped", (cap,)) if cap else ("send", ()))


def test_the_ledger_and_the_tool_count_once() -> None:
    """A message that our ledger and the email tool both report is one message."""
    shop = with_settings(budget=Budget(marketing_per_7_days=2))
    messages = "message_id | customer_id | source | program | channel | sent_at\n"
    messages += "x9 | ann | esp | cross_sell | email | 2011-11-16T10:07"
    ledger = sent(f"{LEDGER}m1 | 2011-11-15 | ann | cross_sell | 2011-11-16T10:00")

    decided = night.verdicts(night.decide(night.world(messages=messages), shop=shop, sent_before=ledger))

    assert decided["ann", "onboarding", "l1"] == ("send", ())


def test_a_send_that_is_not_certain_counts() -> None:
    """A message that was reserved and never confirmed counts against the budget."""
    ledger = sent(f"{LEDGER}m1 | 2011-11-20 | ann | cross_sell | -")

    decided = night.verdicts(night.decide(night.world(), sent_before=ledger))

    assert decided["ann", "onboarding", "l1"] == ("capped", ("capped_day",))


def test_a_program_rests() -> None:
    """A program that wrote to someone days ago is silent about the next thing of theirs."""
    ledger = sent(f"{LEDGER}m1 | 2011-11-10 | ann | replenishment | 2011-11-11T10:00")

    decided = night.verdicts(night.decide(night.world(replenishment=DUE, **TWO_BOUGHT), sent_before=ledger))

    assert decided["ann", "replenishment", "NAPKIN@3"] == ("capped", ("program_rest",))
    assert decided["ann", "onboarding", "l1"] == ("send", ())


@pytest.mark.parametrize("known_by", ["subject", "message_id"])
def test_the_same_message_is_never_decided_twice(known_by: str) -> None:
    """What was written about on any earlier night is not written about again, by subject or by message id."""
    world = night.world()
    night.decide(world)
    ((message_id,),) = world.connection.sql("SELECT message_id FROM message_ids").fetchall()
    subject, known_id = ("l1", "other") if known_by == "subject" else ("-", message_id)
    ledger = sent(
        "message_id | run_date | customer_id | program | decision_subject | sent_at\n"
        f"{known_id} | 2011-06-20 | ann | onboarding | {subject} | 2011-06-21T10:00"
    )

    assert night.verdicts(night.decide(night.world(), sent_before=ledger))["ann", "onboarding", "l1"] == (
        "exception",
        ("already_sent",),
    )


def test_holdout_follows_arbitration() -> None:
    """Only whoever would have been written to is drawn, and the loser of arbitration does not move up."""
    shop = with_settings(holdout=Holdout(global_percent=0, program_percent=50))
    salt = next(
        salt for salt in map(str, range(100)) if night.in_holdout("ann", salt=salt, program="replenishment", percent=50)
    )
    shop = with_settings(holdout=shop.holdout.model_copy(update={"salt": salt}))

    audience = night.decide(night.world(replenishment=DUE, **TWO_BOUGHT), shop=shop)

    decided = night.verdicts(audience)
    assert decided["ann", "replenishment", "CANDLE@1"] == ("holdout", ("holdout_program",))
    assert decided["ann", "onboarding", "l1"][0] == "lost_arbitration"
    assert audience.assignments.to_pylist() == [
        {"customer_id": "ann", "program": EVERYONE, "is_withheld": False},
        {"customer_id": "ann", "program": "replenishment", "is_withheld": True},
    ]


@pytest.mark.parametrize(("was_withheld", "verdict"), [(True, "holdout"), (False, "send")])
def test_what_was_drawn_before_stands(was_withheld: bool, verdict: str) -> None:
    """A stored assignment wins over the hash, and is not handed out again."""
    before = pa.table({"customer_id": ["ann"], "program": [EVERYONE], "is_withheld": [was_withheld]})

    audience = night.decide(night.world(), holdouts_before=before)

    assert night.verdicts(audience)["ann", "onboarding", "l1"][0] == verdict
    assert audience.assignments["program"].to_pylist() == ["onboarding"]


def test_the_draw_in_sql_is_the_draw_in_python() -> None:
    """The share compared as text in SQL withholds exactly those whom the plain function withholds."""
    people = [f"c{number}" for number in range(200)]
    shop = with_settings(holdout=Holdout(salt="s", global_percent=0, program_percent=20))
    world = night.world(
        customers="customer_id | email\n" + "\n".join(f"{name} | {name}@shop.example" for name in people),
        consents="customer_id | captured_at\n" + "\n".join(f"{name} | 2011-01-01T10:00" for name in people),
        orders="order_id | customer_id | placed_at\n"
        + "\n".join(f"o{name} | {name} | 2011-11-15T09:00" for name in people),
        order_lines="order_line_id | order_id | sku\n" + "\n".join(f"l{name} | o{name} | CANDLE" for name in people),
        shipments="shipment_id | order_id | shipped_at | status | delivered_at\n"
        + "\n".join(f"s{name} | o{name} | 2011-11-16T09:00 | delivered | 2011-11-18T12:00" for name in people),
    )

    drawn = night.verdicts(night.decide(world, shop=shop))

    withheld = {name for name, _, _ in drawn if drawn[name, "onboarding", f"l{name}"][0] == "holdout"}
    assert withheld == {name for name in people if night.in_holdout(name, salt="s", program="onboarding", percent=20)}
    assert 20 < len(withheld) < 60


def test_below_is_a_share_of_all_hashes() -> None:
    """Nothing lies below 0 %, half of all hashes below 50 %."""
    assert (below(0), below(50)) == ("0" * 16, "8" + "0" * 15)


@pytest.mark.parametrize(
    ("timezone", "run_date", "expected"),
    [
        ("Europe/London", date(2011, 11, 20), datetime(2011, 11, 21, 10)),
        ("Europe/London", date(2011, 6, 20), datetime(2011, 6, 21, 9)),
        ("Europe/London", date(2011, 3, 26), datetime(2011, 3, 27, 9)),  # the clock went forward that night
        ("Europe/London", date(2011, 10, 29), datetime(2011, 10, 30, 10)),  # and back
        ("America/New_York", date(2011, 11, 20), datetime(2011, 11, 21, 15)),
        ("Pacific/Auckland", date(2011, 11, 20), datetime(2011, 11, 21, 21)),  # the 21st's ten o'clock is past by then
        ("", date(2011, 11, 20), datetime(2011, 11, 21, 10)),
        ("Mars/Olympus", date(2011, 11, 20), datetime(2011, 11, 21, 10)),
    ],
)
def test_send_time_on_the_customers_own_clock(timezone: str, run_date: date, expected: datetime) -> None:
    """Messages go at ten on the customer's clock, summer time and far zones included; without a zone on the shop's."""
    cutoff = AsOf(run_date=run_date, timezone="Europe/London").cutoff
    times = send_times([timezone], run_date=run_date, cutoff=cutoff, send_hour=10, shop_timezone="Europe/London")

    assert {row["timezone"]: row["send_at"] for row in times.to_pylist()}[timezone] == expected
