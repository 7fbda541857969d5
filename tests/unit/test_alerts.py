"""Alerts go out once, to a real mail server and a real web server, and never stop a run."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine

from personalization.alerts import late_or_missed, send_alert
from personalization.settings import Alerts
from personalization.store.state import open_state
from tests.lib import published_runs as small

NIGHT = date(2011, 11, 20)
NOW = datetime(2011, 11, 21, 2)


class Mailbox:
    """A mail server on this machine that keeps what it gets, or answers with an error first."""

    def __init__(self) -> None:
        self.messages: list = []
        self.answers: list[str] = []

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 - aiosmtpd calls it so
        if self.answers:
            return self.answers.pop(0)
        self.messages.append(message_from_bytes(envelope.content))
        return "250 kept"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    unsigned = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    today = datetime.now(UTC)
    certificate = unsigned.not_valid_before(today).not_valid_after(today + timedelta(days=1)).sign(key, hashes.SHA256())
    (folder / "mail.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "mail.pem")
    return context


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=free_port())
    server.start()
    yield box, server.port
    server.stop()


@pytest.fixture
def hook() -> Iterator[tuple[list, list[int], str]]:
    calls: list = []
    answers: list[int] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            calls.append((json.loads(body), self.headers.get("Authorization")))
            self.send_response(answers.pop(0) if answers else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield calls, answers, f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return small.state_in(tmp_path)


def alert(engine: Engine, settings: Alerts, *, kind="held", night=NIGHT) -> bool:
    return send_alert(
        settings, kind=kind, night=night, reason="Tracking covers 40 % of parcels.", now=NOW, engine=engine
    )


def test_an_alert_reaches_mail_and_webhook_once(engine, mailbox, hook, monkeypatch):
    """The second of a night and kind is not sent; another kind and another night are."""
    box, port = mailbox
    calls, _, url = hook
    monkeypatch.setenv("POSTLUDE_WEBHOOK_TOKEN", "open sesame")
    settings = Alerts(email_to=("ops@shop.example",), smtp_port=port, webhook_url=url)

    sent = [
        alert(engine, settings),
        alert(engine, settings),
        alert(engine, settings, kind="failed"),
        alert(engine, settings, night=date(2011, 11, 21)),
    ]

    assert sent == [True, False, True, True]
    assert len(box.messages) == len(calls) == 3
    assert box.messages[0]["Subject"] == "Postlude, night 2011-11-20: every marketing program is held tonight"
    assert "Tracking covers 40 % of parcels." in box.messages[0].get_payload(decode=True).decode()
    body, token = calls[0]
    assert (body["kind"], body["night"], body["reason"]) == ("held", "2011-11-20", "Tracking covers 40 % of parcels.")
    assert token == "Bearer open sesame"


def test_a_password_goes_only_through_tls(engine, tmp_path, mailbox, monkeypatch, caplog):
    """STARTTLS is used where it is offered; a server elsewhere without it never gets the password."""
    monkeypatch.setenv("POSTLUDE_SMTP_USER", "ops")
    monkeypatch.setenv("POSTLUDE_SMTP_PASSWORD", "open sesame")
    plain_box, plain_port = mailbox
    box = Mailbox()
    secure = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=self_signed(tmp_path),
        require_starttls=True,
        authenticator=lambda *_: AuthResult(success=True),
    )
    secure.start()
    try:
        assert alert(engine, Alerts(email_to=("ops@shop.example",), smtp_port=secure.port))
    finally:
        secure.stop()
    monkeypatch.setattr("personalization.alerts._is_loopback", lambda _host: False)

    assert len(box.messages) == 1
    assert not alert(engine, Alerts(email_to=("ops@shop.example",), smtp_port=plain_port), kind="failed")
    assert plain_box.messages == []
    assert "SMTPNotSupportedError" in caplog.text
    assert "open sesame" not in caplog.text


def test_a_passing_failure_is_tried_again(engine, mailbox, hook):
    """A server that is busy at first gets the alert in the end, once."""
    box, port = mailbox
    calls, answers, url = hook
    box.answers.append("451 busy")
    answers.append(503)

    sent = alert(engine, Alerts(email_to=("ops@shop.example",), smtp_port=port, webhook_url=url))

    assert sent
    assert len(box.messages) == 1
    assert len(calls) == 2


def test_a_failing_alert_is_logged_without_addresses_and_may_be_sent_later(engine, hook, caplog):
    """A refusal for good is not tried again now, stops nothing, and leaves the alert unsent."""
    calls, answers, url = hook
    answers.append(404)

    first = alert(engine, Alerts(webhook_url=url))
    second = alert(engine, Alerts(webhook_url=url))

    assert (first, second, len(calls)) == (False, True, 2)
    assert "HTTPStatusError 404" in caplog.text
    assert url not in caplog.text.replace("HTTP Request: POST " + url, "")


def test_nobody_listening_is_no_error(engine, caplog):
    """A closed port is logged; the run goes on."""
    assert not alert(engine, Alerts(email_to=("ops@shop.example",), smtp_port=1))
    assert "ConnectionRefusedError" in caplog.text
    assert "ops@shop.example" not in caplog.text


def test_an_alert_goes_out_though_the_state_database_is_gone(hook):
    """That may well be what the alert is about."""
    calls, _, url = hook

    assert alert(open_state("postgresql://127.0.0.1:1/state"), Alerts(webhook_url=url))
    assert len(calls) == 1


def test_without_a_place_to_go_an_alert_is_only_logged(engine, caplog):
    """The log says what it would have said; setting a place up later still sends it."""
    assert not alert(engine, Alerts())
    assert "held tonight" in caplog.text


@pytest.mark.parametrize(
    ("published", "now", "expected"),
    [
        ([], "2011-11-22T12:00", []),
        (["2011-11-20"], "2011-11-22T05:59", []),
        (["2011-11-20"], "2011-11-22T06:01", [("2011-11-21", "late")]),
        (["2011-11-20", "2011-11-21"], "2011-11-22T12:00", []),
        (["2011-11-19"], "2011-11-22T05:00", [("2011-11-20", "missed")]),
        (["2011-11-19"], "2011-11-22T12:00", [("2011-11-20", "missed"), ("2011-11-21", "late")]),
        (["2011-11-21"], "2011-11-22T12:00", []),
    ],
)
def test_a_night_is_late_six_hours_after_its_day_and_missed_a_day_later(tmp_path, engine, published, now, expected):
    """Nights before the first run are neither."""
    for night in published:
        small.publish(engine, tmp_path / "runs", [small.message(1)], night=night)
    shop = small.shop_in(tmp_path / "shop")

    found = late_or_missed(engine, now=datetime.fromisoformat(now), shop=shop)

    assert [(night.isoformat(), kind) for night, kind in found] == expected
