"""A strict mail server on this machine: it parses every email, and misbehaves for the addresses that are told to it."""

import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.controller import Controller

from tests.lib.compose_stack import LOOPBACK, free_port


@dataclass  # no slots: what aiosmtpd asks of its handler fails with them on the first releases of Python 3.11
class Sink:
    """What came in. at_recipient and at_data: address → the answer; one of "cut" ends the connection without any."""

    at_recipient: dict[str, str] = field(default_factory=dict)
    at_data: dict[str, str] = field(default_factory=dict)
    at_sender: list[str] = field(default_factory=list)  # the next answers to MAIL FROM
    emails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def handle_EHLO(  # noqa: N802 - aiosmtpd calls them so
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if self.at_sender:
            return self.at_sender.pop(0)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 ok"

    async def handle_RCPT(self, server: Any, _session: Any, envelope: Any, address: str, _options: list[str]) -> str:  # noqa: N802
        answer = self.at_recipient.get(address, "250 ok")
        if answer == "cut":
            server.transport.abort()
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        (address,) = envelope.rcpt_tos  # one email a recipient
        answer = self.at_data.get(address, "250 kept")
        if answer == "cut":
            server.transport.abort()
        elif answer.startswith("2"):
            self.raw.append(envelope.content)
            self.emails.append(parsed(envelope.content))
            self.recipients.append(address)
        return answer


def parsed(content: bytes) -> EmailMessage:
    """Return an email; one that is not well formed fails."""
    found = cast(EmailMessage, message_from_bytes(content, policy=email.policy.SMTP))
    assert content.count(b"\n") == content.count(b"\r\n"), "a line ends without CR"
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    for part in found.walk():
        assert not part.defects, part.defects
        for value in part.values():
            assert not value.defects, value.defects
    return found


@contextmanager
def running_sink(**options: Any) -> Iterator[Sink]:
    """Run a sink; *options* are aiosmtpd's own."""
    sink = Sink(port=free_port())
    server = Controller(sink, hostname=LOOPBACK, port=sink.port, **options)
    server.start()
    try:
        yield sink
    finally:
        server.stop()
