"""Test messages: what a night would send, to the shop's own seed addresses, and never in the ledger."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from personalization.errors import DestinationRejected
from personalization.export.emails import Render, sender_of, write_email
from personalization.export.mail_server import Answer, MailConnection, MailServer, Verdict
from personalization.settings import Shop


def one_of_each(messages: pa.Table) -> list[dict[str, Any]]:
    """Return one message of each program, variant and language from the review sample, which alone was looked at."""
    sampled = messages.filter(pc.is_valid(messages["html"])).sort_by("message_id").to_pylist()
    first: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in sampled:
        first.setdefault((row["program"], row["variant"], row["locale"]), row)
    return [first[kind] for kind in sorted(first)]


def send_to_seed(
    messages: Sequence[dict[str, Any]],
    *,
    to: str,
    shop: Shop,
    keys: Sequence[str],
    render: Render,
    connection: MailConnection,
    now: datetime,
) -> int:
    """Send *messages* to one seed address, marked as tests, and return how many the mail server took.

    Raises DestinationRejected when it refuses one, DestinationUnavailable without a mail server, ConfigurationInvalid
    where ``shop.toml`` lacks what an email needs; then nothing is sent.
    """
    emails = [
        write_email({**message, "email": to}, shop=shop, keys=keys, render=render, is_test=True) for message in messages
    ]
    server = MailServer(connection=connection)
    sender = sender_of(shop).address
    try:
        for sent, mail in enumerate(emails):
            _insist(server.deliver(mail, sender=sender, recipient=to, now=now), sent=sent)
    finally:
        server.close()
    return len(emails)


def _insist(answer: Answer, *, sent: int) -> None:
    if answer.verdict != Verdict.ACCEPTED:
        raise DestinationRejected(
            f"the mail server did not take a test message ({answer.reason}) after {sent} that it took; its log says why"
        )
