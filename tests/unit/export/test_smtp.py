"""An export through a real mail server: each message once, and what the ledger says when the server misbehaves."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import Engine, select

from personalization.errors import ConfigurationInvalid, DestinationUnavailable, WrongUse
from personalization.export import export_run, make_smtp
from personalization.export.destination import Destination
from personalization.export.mail_server import MailConnection
from personalization.export.pace import paced
from personalization.settings import Shop
from personalization.store.state import reading
from personalization.store.tables import ledger
from tests.lib import published_runs as small
from tests.lib.compose_stack import LOOPBACK
from tests.lib.mail_sink import Sink, running_sink
from tests.unit.export.test_mail_server import KEYS, SETTINGS

LATER_AT = small.DUE_AT + timedelta(hours=1)


def message(number: int, **given: Any) -> dict[str, Any]:
    row = small.message(number)
    link = f"https://shop.example/unsubscribe?m={row['message_id']}"
    return small.message(number, properties=json.dumps({"unsubscribe_url": link, "locale": "en_GB"}), **given)


def render(row: Any) -> tuple[str, str]:
    if row["subject"] == "changed":
        raise ConfigurationInvalid("templates/x: has changed since the message was written; run the night again")
    return f"<p>{row['properties']}</p>", "text\n"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with running_sink() as sink:
        yield sink


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return small.state_in(tmp_path)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return small.shop_in(tmp_path / "shop", small.SHOP + SETTINGS)


@pytest.fixture
def smtp(sink: Sink, shop: Shop) -> Iterator[Destination]:
    connection = MailConnection(host=LOOPBACK, port=sink.port, tls="none")
    made = make_smtp(shop=shop, keys=KEYS, render=render, connection=connection, clock=lambda: small.DUE_AT)
    yield made
    made.close()


def export(engine: Engine, run: Path, shop: Shop, smtp: Destination, **given: Any) -> Any:
    facts = {"now": small.DUE_AT, "recheck": small.recheck(), **given}
    return export_run(engine, run=run, shop=shop, destination=smtp, **facts)


def statuses(engine: Engine) -> dict[str, tuple[str, str | None]]:
    with reading(engine) as connection:
        rows = connection.execute(select(ledger.c.customer_id, ledger.c.status, ledger.c.reason)).all()
    return {row.customer_id: (row.status, row.reason) for row in rows}


def test_each_message_leaves_once(tmp_path, engine, shop, smtp, sink) -> None:
    """One email a recipient over one connection; a second export sends nothing."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [message(number) for number in (1, 2, 3)])

    first, second = (export(engine, run, shop, smtp) for _ in range(2))

    assert (first.sent, second.sent, second.already_sent) == (3, 0, 3)
    assert sorted(sink.recipients) == [f"c{number}@shop.example" for number in (1, 2, 3)]
    assert len({email["Message-ID"] for email in sink.emails}) == 3
    assert sink.connections == 1


def test_a_misbehaving_server_doubles_and_loses_nothing(tmp_path, engine, shop, smtp, sink) -> None:
    """Refused for good, refused for now, cut after the content, an address that is none: each has its own end."""
    sink.at_data |= {"c1@shop.example": "550 no", "c2@shop.example": "450 busy", "c3@shop.example": "cut"}
    run = small.publish_and_approve(engine, tmp_path / "runs", [message(number) for number in range(1, 6)])
    customers = small.recheck().customers.to_pydict()
    customers["email"][4] = "c4@shop.example\r\nBcc: all@shop.example"
    recheck = small.recheck(customers=pa.table(customers))

    first = export(engine, run, shop, smtp, recheck=recheck)

    assert (first.sent, first.rejected, first.unknown, first.withheld) == (1, 2, 1, 1)
    assert first.reasons == {"address_unusable": 1, "not_taken_now": 1, "smtp_550": 1}
    assert statuses(engine) == {
        "C1": ("rejected", "smtp_550"),
        "C3": ("unknown", "connection_lost"),
        "C4": ("rejected", "address_unusable"),
        "C5": ("accepted", None),
    }
    sink.at_data.clear()
    second = export(engine, run, shop, smtp, recheck=recheck, now=LATER_AT)
    assert (second.sent, second.already_sent, second.unknown) == (1, 1, 1)
    assert sorted(sink.recipients) == ["c2@shop.example", "c5@shop.example"]


@pytest.mark.parametrize("said", ["421 closing", "cut"])
def test_a_server_that_closes_leaves_nothing_in_doubt(said, tmp_path, engine, smtp, sink) -> None:
    """The message is let go at once, and the next export sends it."""
    sink.at_recipient |= {f"c{number}@shop.example": said for number in (1, 2)}
    run = small.publish_and_approve(engine, tmp_path / "runs", [message(1), message(2)])

    with pytest.raises(DestinationUnavailable):
        export(engine, run, small.shop_in(tmp_path / "shop", small.SHOP + SETTINGS), smtp)
    assert statuses(engine) == {}

    sink.at_recipient.clear()
    assert export(engine, run, small.shop_in(tmp_path / "shop", small.SHOP + SETTINGS), smtp).sent == 2
    assert sorted(sink.recipients) == ["c1@shop.example", "c2@shop.example"]


def test_a_changed_template_lets_nothing_leave(tmp_path, engine, shop, smtp, sink) -> None:
    """What would be sent is no longer what was approved."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [message(1, subject="changed")])

    with pytest.raises(ConfigurationInvalid, match="run the night again"):
        export(engine, run, shop, smtp)
    assert sink.emails == []
    assert statuses(engine) == {}


def test_a_subject_that_no_header_can_hold_is_rejected(tmp_path, engine, shop, smtp, sink) -> None:
    """A line break would begin a header of somebody else's."""
    run = small.publish_and_approve(engine, tmp_path / "runs", [message(1, subject="a\r\nBcc: b@shop.example")])

    assert export(engine, run, shop, smtp).reasons == {"cannot_be_written": 1}
    assert sink.emails == []


def test_demo_data_go_to_no_mail_server_elsewhere(tmp_path, engine, shop) -> None:
    """As with every way out."""
    elsewhere = MailConnection(host="mail.elsewhere.example", port=587)
    made = make_smtp(shop=shop, keys=KEYS, render=render, connection=elsewhere, clock=lambda: small.DUE_AT)
    run = small.publish_and_approve(engine, tmp_path / "runs", [message(1)])

    with pytest.raises(WrongUse, match="demo data"):
        export(engine, run, shop, made, recheck=small.recheck(is_simulated=True))


def test_a_rate_is_kept() -> None:
    """Ten a second: the first at once, each further one a tenth later; time that passed by itself counts."""
    now, slept = [100.0], []

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 6))
        now[0] += seconds

    wait = paced(10, clock=lambda: now[0], sleep=sleep)
    for _ in range(3):
        wait()
    now[0] += 5
    wait()
    wait()

    assert slept == [0.1, 0.1, 0.1]
