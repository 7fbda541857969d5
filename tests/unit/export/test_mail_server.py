"""What a real mail server's answers mean for an email, and what the bytes look like on its side."""

import json
from collections.abc import Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult

from personalization.errors import ConfigurationInvalid, DestinationRejected, DestinationUnavailable
from personalization.export import mail_server
from personalization.export.emails import write_email
from personalization.export.mail_server import Answer, MailConnection, MailServer, Verdict, read_connection
from personalization.export.mime import usable_address
from personalization.unsubscribe_links import TEST_MESSAGE, read_token, token_of
from tests.lib import published_runs as small
from tests.lib.compose_stack import LOOPBACK, free_port
from tests.lib.mail_sink import Sink, running_sink
from tests.unit.test_alerts import self_signed

NOW = datetime(2011, 11, 21, 10, 5)
KEYS = ("a-key-of-the-tests-" + "k" * 32,)
LINK = f"https://shop.example/unsubscribe?m={small.message(1)['message_id']}"
SETTINGS = """
[unsubscribe]
url = "https://shop.example/unsubscribe"
[export.smtp]
from = "Größe, Wärme & Co. <news@shop.example>"
reply_to = "help@shop.example"
"""
ACCEPTED = Answer(verdict=Verdict.ACCEPTED)


def render(message: Any) -> tuple[str, str]:
    """Stands for our templates: what a page may hold, and the link."""
    link = json.loads(message["properties"]).get("unsubscribe_url", "")
    return f'<p>.ünïcode</p>\r\n.\r\n<a href="{link}">x</a>\n' + "a" * 3_000, f".\nGrüße\n{link}\n"


def row(address: str = "ann@shop.example", **given: Any) -> dict[str, Any]:
    properties = {"title": "Tea lights", "unsubscribe_url": LINK, "locale": "de_DE"}
    return {**small.message(1, properties=json.dumps(properties), locale="de_DE"), "email": address, **given}


@pytest.fixture(scope="module")
def running() -> Iterator[Sink]:
    with running_sink() as sink:
        yield sink


@pytest.fixture
def sink(running: Sink) -> Sink:
    """The running server with its boxes emptied."""
    for box in (running.at_recipient, running.at_data, running.at_sender, running.emails, running.raw):
        box.clear()
    running.recipients.clear()
    running.connections = 0
    return running


@pytest.fixture
def server(sink: Sink) -> Iterator[MailServer]:
    server = MailServer(connection=MailConnection(host=LOOPBACK, port=sink.port, tls="none"))
    yield server
    server.close()


@pytest.fixture
def shop(tmp_path: Path) -> Any:
    return small.shop_in(tmp_path, small.SHOP + SETTINGS)


def deliver(server: MailServer, address: str = "ann@shop.example", mail: bytes = b"Subject: x\r\n\r\nx\r\n") -> Answer:
    return server.deliver(mail, sender="news@shop.example", recipient=address, now=NOW)


def test_a_line_with_a_dot_ends_no_email(sink: Sink, server: MailServer) -> None:
    """A dot alone ends the content for a server, so it is doubled on the way (RFC 5321, 4.5.2)."""
    assert deliver(server, mail=b"Subject: x\r\n\r\n.\r\n.more\r\n") == ACCEPTED

    assert sink.raw[0].endswith(b"\r\n\r\n.\r\n.more\r\n")


def test_an_email_arrives_as_it_was_rendered(sink: Sink, server: MailServer, shop: Any) -> None:
    """Every header in its place, one-click included, and our HTML and text byte for byte."""
    written = write_email(row(subject="Zeit für Nachschub – „Teelichter“"), shop=shop, keys=KEYS, render=render)

    assert deliver(server, mail=written) == ACCEPTED
    (found,) = sink.emails
    link = found["List-Unsubscribe"].strip("<>")
    signed = {**row(), "properties": json.dumps({"unsubscribe_url": link})}
    assert found.get_content_type() == "multipart/alternative"
    text, html = found.iter_parts()
    assert (html.get_payload(decode=True).decode(), text.get_payload(decode=True).decode()) == render(signed)
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert read_token(token_of(link), keys=KEYS) == small.message(1)["message_id"]
    assert link.endswith("&l=de")
    assert f"\r\nList-Unsubscribe: <{link}>\r\n".encode() in sink.raw[0]  # neither folded nor encoded
    assert found["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert found["Subject"] == "Zeit für Nachschub – „Teelichter“"
    assert found["From"].addresses[0].display_name == "Größe, Wärme & Co."
    assert found["From"].addresses[0].addr_spec == "news@shop.example"
    assert (found["To"], found["Reply-To"]) == ("ann@shop.example", "help@shop.example")
    assert found["Message-ID"] == f"<{row()['message_id']}@shop.example>"
    assert found["X-Postlude-Message"] == row()["message_id"]
    assert parsedate_to_datetime(found["Date"]).replace(tzinfo=None) == NOW
    assert found["Auto-Submitted"] is None


def test_a_service_message_is_marked_as_automatic_and_has_no_link(sink: Sink, server: MailServer, shop: Any) -> None:
    """It cannot be unsubscribed from, and needs no address for that."""
    shop = shop.model_copy(update={"unsubscribe": shop.unsubscribe.model_copy(update={"url": None})})
    service = row(properties="{}", program="delay_notice")

    deliver(server, mail=write_email(service, shop=shop, keys=(), render=render))

    (found,) = sink.emails
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["List-Unsubscribe"] is None
    assert found["List-Unsubscribe-Post"] is None


def test_the_same_message_gives_the_same_bytes(shop: Any) -> None:
    """Only the header Date, which is of the sending, differs from one try to the next."""
    assert write_email(row(), shop=shop, keys=KEYS, render=render) == write_email(
        row(), shop=shop, keys=KEYS, render=render
    )


def test_a_test_email_says_so_and_its_link_ends_nothing(sink: Sink, server: MailServer, shop: Any) -> None:
    """Neither its id nor its link is that of the customer's message."""
    deliver(server, mail=write_email(row(), shop=shop, keys=KEYS, render=render, is_test=True))

    (found,) = sink.emails
    assert found["Subject"].startswith("[Test] Time for more")
    assert read_token(token_of(found["List-Unsubscribe"].strip("<>")), keys=KEYS) == TEST_MESSAGE
    assert row()["message_id"] not in sink.raw[0].decode()


@pytest.mark.parametrize(
    ("taken_away", "says"),
    [
        ('url = "https://shop.example/unsubscribe"', "unsubscribe.url: is required"),
        ('from = "Größe, Wärme & Co. <news@shop.example>"', "export.smtp.from: is required"),
    ],
)
def test_marketing_without_a_way_out_or_a_sender_is_refused(tmp_path: Path, taken_away: str, says: str) -> None:
    """The error names file, key and fix."""
    shop = small.shop_in(tmp_path, small.SHOP + SETTINGS.replace(taken_away, ""))

    with pytest.raises(ConfigurationInvalid, match=f"shop.toml: {says}"):
        write_email(row(), shop=shop, keys=KEYS, render=render)


def test_one_connection_serves_all(sink: Sink, server: MailServer) -> None:
    """It is opened for the first email and kept."""
    assert [deliver(server, f"p{number}@shop.example") for number in range(5)] == [ACCEPTED] * 5
    assert len(sink.emails) == 5
    assert sink.connections == 1


@pytest.mark.parametrize("stage", ["at_recipient", "at_data"])
@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("450 mailbox busy: bob@shop.example", Answer(verdict=Verdict.LATER, reason="smtp_450")),
        ("550 no such user: bob@shop.example", Answer(verdict=Verdict.REJECTED, reason="smtp_550")),
    ],
)
def test_a_refused_email_stops_no_other(sink: Sink, server: MailServer, stage: str, said: str, answer: Answer) -> None:
    """4xx: not accepted, so later; 5xx: never. The reason is a code, for the server's words may name the address."""
    getattr(sink, stage)["bob@shop.example"] = said

    assert [deliver(server, f"{name}@shop.example") for name in ("ann", "bob", "cyd")] == [ACCEPTED, answer, ACCEPTED]
    assert sink.recipients == ["ann@shop.example", "cyd@shop.example"]
    assert sink.connections == 1


@pytest.mark.parametrize(
    ("stage", "said"), [("at_recipient", "421 closing"), ("at_data", "421 closing"), ("at_recipient", "cut")]
)
def test_a_server_that_closes_has_not_accepted(sink: Sink, server: MailServer, stage: str, said: str) -> None:
    """The email surely did not leave, and the next one opens a new connection."""
    getattr(sink, stage)["bob@shop.example"] = said

    with pytest.raises(DestinationUnavailable) as refused:
        deliver(server, "bob@shop.example")

    assert "bob" not in str(refused.value)
    assert deliver(server) == ACCEPTED
    assert (sink.recipients, sink.connections) == (["ann@shop.example"], 2)


def test_a_connection_lost_after_the_content_is_unknown(sink: Sink, server: MailServer) -> None:
    """It may have left: nobody may send it again without looking."""
    sink.at_data["bob@shop.example"] = "cut"

    assert deliver(server, "bob@shop.example") == Answer(verdict=Verdict.UNKNOWN, reason="connection_lost")
    assert deliver(server) == ACCEPTED


def test_a_connection_that_was_ended_between_two_emails_is_opened_anew(sink: Sink, server: MailServer) -> None:
    """Servers end a connection after so many emails or so long; nothing was on its way then."""
    deliver(server)
    sink.at_sender.append("421 too many emails on this connection")

    assert deliver(server) == ACCEPTED
    assert (len(sink.emails), sink.connections) == (2, 2)


@pytest.mark.parametrize(
    ("said", "error"),
    [(["451 busy"] * 2, DestinationUnavailable), (["553 not your address"], DestinationRejected)],
)
def test_a_server_that_does_not_take_the_sender_takes_nothing(
    sink: Sink, server: MailServer, said: list[str], error: type[Exception]
) -> None:
    """It is about all emails and no single one."""
    sink.at_sender.extend(said)

    with pytest.raises(error, match="mail server"):
        deliver(server)
    assert sink.emails == []


def test_a_server_that_refuses_everybody_is_asked_no_further(
    sink: Sink, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that does not relay for us would else turn every message into a rejected one."""
    monkeypatch.setattr(mail_server, "MOST_REFUSED_IN_A_ROW", 3)
    people = [f"p{number}@shop.example" for number in range(4)]
    sink.at_recipient.update(dict.fromkeys(people, "550 relaying denied"))

    assert [deliver(server, address).verdict for address in people[:3]] == [Verdict.REJECTED] * 3
    with pytest.raises(DestinationRejected, match="3 emails in a row"):
        deliver(server, people[3])


def test_no_server_at_all_is_a_passing_trouble() -> None:
    """Nothing left; the export tries again later."""
    nobody = MailServer(connection=MailConnection(host=LOOPBACK, port=free_port(), tls="none"))

    with pytest.raises(DestinationUnavailable, match="no mail server answers"):
        deliver(nobody)


def test_the_password_goes_through_tls_only(tmp_path: Path, sink: Sink) -> None:
    """STARTTLS is used, then the log-in; a wrong one and a server without TLS are refused for good."""
    logins: list[bytes] = []

    def check(_server: Any, session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert session.ssl is not None
        logins.append(data.password)
        return AuthResult(success=data.password == b"right", handled=False)

    def connected(port: int, password: str) -> MailServer:
        return MailServer(connection=MailConnection(host=LOOPBACK, port=port, user="shop", password=password))

    with running_sink(tls_context=self_signed(tmp_path), authenticator=check, auth_required=True) as secure:
        server = connected(secure.port, "right")
        assert deliver(server) == ACCEPTED
        server.close()
        with pytest.raises(DestinationRejected, match="POSTLUDE_SMTP_PASSWORD") as refused:
            deliver(connected(secure.port, "wrong"))
    with pytest.raises(DestinationRejected, match="offers no TLS"):
        deliver(connected(sink.port, "right"))
    assert (logins[0], set(logins[1:])) == (b"right", {b"wrong"})
    assert "wrong" not in str(refused.value)
    assert "right" not in repr(server)


def test_implicit_tls(tmp_path: Path) -> None:
    """For servers on port 465."""
    with running_sink(ssl_context=self_signed(tmp_path)) as sink:
        server = MailServer(connection=MailConnection(host=LOOPBACK, port=sink.port, tls="implicit"))
        assert deliver(server) == ACCEPTED
        server.close()


@pytest.mark.parametrize(
    ("address", "is_usable"),
    [
        ("ann@shop.example", True),
        ("ann.o'hara+tag@mail.shop.example", True),
        ("ann@shop", False),
        ("@shop.example", False),
        ("ann", False),
        ("änn@shop.example", False),
        ("ann@shöp.example", False),
        ("ann@shop.example\r\nBcc: bob@shop.example", False),
        ("ann@shop.example>, <bob@shop.example", False),
        ("ann @shop.example", False),
        ("a" * 250 + "@shop.example", False),
    ],
)
def test_only_a_plain_mailbox_is_an_address(address: str, is_usable: bool) -> None:
    """Nothing that could stand for a second address, a header or a command."""
    assert usable_address(address) == is_usable


@pytest.mark.parametrize(
    ("environment", "tls", "says"),
    [
        ({}, "starttls", "POSTLUDE_SMTP_HOST: not set"),
        ({"HOST": "mail.example", "PORT": "many"}, "starttls", "POSTLUDE_SMTP_PORT"),
        ({"HOST": "mail.example", "USER": "shop", "PASSWORD": "secret"}, "none", "in the clear"),
    ],
)
def test_the_environment_says_where_the_server_is(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], tls: str, says: str
) -> None:
    """What is missing or unsafe is named, and no password is shown."""
    for name in ("HOST", "PORT", "USER", "PASSWORD"):
        monkeypatch.delenv(f"POSTLUDE_SMTP_{name}", raising=False)
        if name in environment:
            monkeypatch.setenv(f"POSTLUDE_SMTP_{name}", environment[name])

    with pytest.raises(ConfigurationInvalid, match=says) as refused:
        read_connection(tls=tls)
    assert "secret" not in str(refused.value)
