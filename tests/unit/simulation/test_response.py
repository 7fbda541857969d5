"""How customers respond: what each is like, and what a message does at the right time, the wrong one and in trouble."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from personalization.errors import BadInput, WrongUse
from personalization.simulation.truth import RESPONSE, respond, truth_lift, write_truth
from personalization.simulation.truth.parameters import PROGRAMS
from personalization.simulation.truth.response import RESPONSE_FILE, baseline
from tests.lib.truth_world import SHOP, UNTIL, write_world

SENT_AT = datetime(2024, 6, 1, 9)
TICKET = "ticket_id | customer_id | created_at\n1 | 71 | 2024-05-20"


def _shop(folder: Path, **tables: str) -> Path:
    """Return the small shop, whose one cup for 30 days arrived on 3 May, with the truth beside it."""
    products = "sku | product_type | days_of_supply | price_cents\nCUP | consumable | 30 | 450\nPOT | durable | - | 900"
    world = write_world(folder, **({"products": products} | tables))
    write_truth(world, seed=7, until=UNTIL)
    return world


def _messages(*rows: tuple[str, str, datetime], **columns: list[Any]) -> pa.Table:
    names = ("message_id", "program", "sent_at")
    table = pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)} | columns)
    return table.append_column("customer_id", pa.array(["71"] * len(rows)))


@pytest.mark.parametrize(
    ("program", "sent_at", "tables", "timing"),
    [
        pytest.param("replenishment", "2024-06-01T09:00", {}, "well_timed", id="29 days of 30 are over"),
        pytest.param("replenishment", "2024-05-10T09:00", {}, "ill_timed", id="after a week the cup is full"),
        pytest.param("replenishment", "2024-08-10T09:00", {}, "ill_timed", id="they have long found another"),
        pytest.param(
            "replenishment",
            "2024-06-01T09:00",
            {"order_lines": "order_line_id | order_id | sku | qty\n551 | 55 | CUP | 2"},
            "ill_timed",
            id="two last twice as long",
        ),
        pytest.param("onboarding", "2024-05-06T09:00", {}, "well_timed", id="three days after it came"),
        pytest.param("onboarding", "2024-06-01T09:00", {}, "ill_timed", id="they know it by now"),
        pytest.param("cross_sell", "2024-05-20T09:00", {}, "well_timed", id="lived with it"),
        pytest.param("cross_sell", "2024-05-05T09:00", {}, "ill_timed", id="just unpacked"),
        pytest.param("cross_sell", "2024-05-20T09:00", {"tickets": TICKET}, "well_timed", id="before the question"),
        pytest.param("cross_sell", "2024-05-21T09:00", {"tickets": TICKET}, "unwelcome", id="a question is open"),
        pytest.param("cross_sell", "2024-05-21T09:00", {"consents": ""}, "unwelcome", id="never said yes"),
    ],
)
def test_message_meets_its_moment(
    tmp_path: Path, program: str, sent_at: str, tables: dict[str, str], timing: str
) -> None:
    """The right time is counted from what happened to the parcel, and in trouble no time is right."""
    world = _shop(tmp_path, **tables)
    outcomes = respond(world, _messages(("m", program, datetime.fromisoformat(sent_at))), seed=7).outcomes

    assert outcomes["timing"].to_pylist() == [timing]


def test_own_rhythm_goes_before_what_the_pack_says(tmp_path: Path) -> None:
    """Who needs sixty days for a pack of thirty is reminded at the right time after two months and not after one."""
    world = _shop(tmp_path)
    rhythm = {"customer_id": ["71"], "sku": ["CUP"], "cycle_days": [60], "begins_at": [datetime(2024, 4, 1)]}
    pq.write_table(pa.table(rhythm), world / "truth" / "cycles.parquet")
    sent = _messages(("a", "replenishment", SENT_AT), ("b", "replenishment", datetime(2024, 7, 1, 9)))

    assert respond(world, sent, seed=7).outcomes["timing"].to_pylist() == ["ill_timed", "well_timed"]


def test_effect_is_that_of_the_moment(tmp_path: Path) -> None:
    """The probabilities with and without a message differ by its effect, less the fatigue of those just before it."""
    world = _shop(tmp_path)
    [truth] = [row for row in pq.read_table(world / RESPONSE_FILE).to_pylist() if row["program"] == "replenishment"]
    sent = _messages(("a", "replenishment", SENT_AT), ("b", "replenishment", datetime(2024, 6, 3, 9)))
    first, second = respond(world, sent, seed=7).outcomes.to_pylist()

    assert truth["effect_well_timed"] > 0
    assert truth["fatigue"] > 0
    assert (first["extra_messages"], second["extra_messages"]) == (0, 1)
    assert first["probability_with"] - first["probability_without"] == pytest.approx(truth["effect_well_timed"])
    assert second["probability_with"] - second["probability_without"] == pytest.approx(
        truth["effect_well_timed"] - truth["fatigue"]
    )
    assert (
        first["probability_with"]
        == second["probability_with"]
        == pytest.approx(truth["baseline"] + 2 * truth["effect_well_timed"] - truth["fatigue"])
    )
    assert first["draw"] == second["draw"]


def test_withheld_message_does_nothing(tmp_path: Path) -> None:
    """Nobody opens what was not sent, and the order comes only if it would have come without."""
    world = _shop(tmp_path)
    sent = _messages(*((f"m{day}", "replenishment", datetime(2024, 6, day, 9)) for day in range(1, 29)))
    held = sent.append_column("is_withheld", pa.array([True] * sent.num_rows))
    found = respond(world, held, seed=7)

    assert found.engagement.num_rows == 0
    assert {row["extra_messages"] for row in found.outcomes.to_pylist()} == {0}
    for row in found.outcomes.to_pylist():
        assert row["has_ordered"] == row["would_order_without"]
        assert row["probability_without"] == row["baseline"]
    assert not any(found.orders["is_caused"].to_pylist())


def test_orders_are_canonical(tmp_path: Path) -> None:
    """An order that comes is one a fortnight, of the product of the message, at its price, within 14 days."""
    world = _shop(tmp_path)
    eager = replace(RESPONSE, prior_orders=40_000, baseline_most=1.0)
    write_truth(world, seed=7, until=UNTIL, parameters=eager)
    sent = _messages(("a", "replenishment", SENT_AT), ("b", "onboarding", datetime(2024, 6, 2, 9)), sku=["POT", None])
    found = respond(world, sent, seed=7)

    [order], [line] = found.orders.to_pylist(), found.order_lines.to_pylist()
    assert order["order_id"].isdigit()
    assert (order["customer_id"], order["total_cents"], order["is_caused"]) == ("71", 900, False)
    assert 0 < (order["placed_at"] - SENT_AT).total_seconds() < 14 * 86_400
    assert (line["order_id"], line["sku"], line["unit_price_cents"]) == (order["order_id"], "POT", 900)


def test_who_leaves_is_taken_off_the_list(tmp_path: Path) -> None:
    """A click on unsubscribe becomes the customer's last word, and a complaint a suppression."""
    world = _shop(tmp_path)
    angry = replace(RESPONSE, unsubscribe_share=(1, 1), complaint_share=(1, 1), bounce_share=0)
    write_truth(world, seed=7, until=UNTIL, parameters=angry)
    found = respond(world, _messages(("a", "replenishment", SENT_AT)), seed=7, parameters=angry)

    assert {"delivered", "unsubscribe", "complaint"} <= set(found.engagement["type"].to_pylist())
    assert found.consents["status"].to_pylist() == ["unsubscribed", "suppressed"]
    assert min(found.consents["captured_at"].to_pylist()) > SENT_AT


def test_answers_do_not_depend_on_who_else_is_asked(tmp_path: Path) -> None:
    """A message alone and among others of other fortnights has the same answer; another seed has another draw."""
    world = _shop(tmp_path)
    sent = _messages(*((f"m{month}", "cross_sell", datetime(2024, month, 3, 9)) for month in (6, 8, 10)))
    alone = respond(world, sent.slice(1, 1), seed=7).outcomes.to_pylist()
    other = respond(world, sent.slice(1, 1), seed=8).outcomes.to_pylist()

    assert [row for row in respond(world, sent, seed=7).outcomes.to_pylist() if row["message_id"] == "m8"] == alone
    assert other[0]["draw"] != alone[0]["draw"]


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        pytest.param(_messages(("m", "win_back", SENT_AT)), "no response to the program 'win_back'", id="program"),
        pytest.param(
            _messages(("m", "onboarding", SENT_AT), ("m", "onboarding", SENT_AT)), "comes twice", id="the same twice"
        ),
        pytest.param(_messages(("m", "onboarding", SENT_AT)).drop(["sent_at"]), "no column sent_at", id="column"),
        pytest.param(
            _messages(("m", "onboarding", SENT_AT)).set_column(3, "customer_id", pa.array(["99"])),
            "1 of the messages go to customers who are not in it",
            id="stranger",
        ),
    ],
)
def test_messages_without_an_answer_are_refused(tmp_path: Path, sent: pa.Table, message: str) -> None:
    """What the truth knows nothing about is an error and not silence."""
    with pytest.raises(WrongUse, match=message):
        respond(_shop(tmp_path), sent, seed=7)


def test_folder_without_truth_is_refused(tmp_path: Path) -> None:
    """A shop that was not simulated has no truth to ask."""
    with pytest.raises(BadInput, match=r"left_alone\.parquet: no such file"):
        truth_lift(write_world(tmp_path), _messages(("m", "onboarding", SENT_AT)), seed=7)


def test_responses_are_anchored(tmp_path: Path) -> None:
    """Over many customers the rates are those that their sources measured."""
    count = 20_000
    people = "customer_id | created_at\n" + "\n".join(f"{7_200_000_000 + n} | 2023-06-01" for n in range(count))
    consents = "customer_id | captured_at\n" + "\n".join(f"{7_200_000_000 + n} | 2023-06-01" for n in range(count))
    world = _shop(tmp_path, customers=people, consents=consents)
    table = pq.read_table(world / RESPONSE_FILE)

    def mean(column: str, program: str = "cross_sell") -> float:
        of_program = table.filter(pc.equal(table["program"], program))
        return float(np.mean(of_program[column].to_numpy()))

    assert table.num_rows == count * len(PROGRAMS)
    assert mean("click_share") == pytest.approx(0.0467, rel=0.05)  # T6
    assert mean("unsubscribe_share") == pytest.approx(0.006, rel=0.05)  # T6
    assert mean("complaint_share") < 0.001  # T7
    machines = mean("machine_open_share")
    assert machines + (1 - machines) * mean("open_share") == pytest.approx(0.4857, rel=0.05)  # T6
    assert 0.0031 < mean("effect_well_timed") < 0.0068  # Hillstrom's two mails
    assert mean("effect_well_timed", "replenishment") == 0  # nobody here has bought a consumable
    assert mean("effect_unwelcome") < 0


@pytest.mark.parametrize(
    ("orders", "days", "expected"),
    [
        pytest.param(1, 365, 0.0055, id="once, a year ago"),
        pytest.param(1, 0, 0.0104, id="once, just now"),
        pytest.param(13, 365, 0.1837, id="every month"),
        pytest.param(0, 365, 0.0055, id="never"),
    ],
)
def test_baseline_is_the_customers_own_rate(orders: int, days: int, expected: float) -> None:
    """Who has come often comes again, and of whom little is known less is expected the longer they stay away."""
    found = baseline(np.array([float(orders)]), days=np.array([float(days)]), parameters=RESPONSE)

    assert found[0] == pytest.approx(expected, abs=0.0001)


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """The truth is written alike with one thread and two."""
    files = []
    for threads in (1, 2):
        world = write_world(tmp_path / str(threads), tickets=TICKET)
        report = write_truth(world, seed=7, until=UNTIL, threads=threads)
        files.append([(world / "truth" / f"{name}.parquet").read_bytes() for name in ("left_alone", "response")])

    assert files[0] == files[1]
    assert "ticket_open" in report.as_text()
    assert report.responses == len(PROGRAMS) * (len(SHOP["customers"].splitlines()) - 1)
