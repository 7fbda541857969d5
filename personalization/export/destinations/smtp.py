"""One email a message through one connection to a mail server (RFC 5321), one-click unsubscribe included (RFC 8058).

A batch is one message: whatever happens, at most one is in doubt. Nothing ignores a repeat here, so a message whose
connection was lost after its content stays unknown until a person looks. A server on this machine keeps demo data here.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from personalization.export.destination import Batch, Destination, Limits, Outcome
from personalization.export.emails import Render, sender_of, write_email
from personalization.export.mail_server import MailConnection, MailServer, Verdict
from personalization.export.mime import usable_address
from personalization.export.pace import paced
from personalization.settings import Shop

NAME = "smtp"
ADDRESS_UNUSABLE = "address_unusable"
CANNOT_BE_WRITTEN = "cannot_be_written"


def make_destination(
    *, shop: Shop, keys: Sequence[str], render: Render, connection: MailConnection, clock: Callable[[], datetime]
) -> Destination:
    """Return the way out through the mail server of *connection*.

    render gives a message row's HTML and text, clock the naive UTC instant for the header Date. Raises
    ConfigurationInvalid where ``shop.toml`` names no sender.
    """
    server = MailServer(connection=connection)
    sender = sender_of(shop).address
    wait = paced(shop.export.smtp.emails_per_second)

    def send(batch: Batch, shop: Shop) -> Outcome:
        if batch.messages is None:
            raise ValueError("a batch without messages cannot be sent")
        (message,) = batch.messages.to_pylist()
        name = message["message_id"]
        if not usable_address(message["email"]):
            return Outcome(rejected={name: ADDRESS_UNUSABLE})
        try:
            mail = write_email(message, shop=shop, keys=keys, render=render)
        except ValueError:  # such as a line break in the subject
            return Outcome(rejected={name: CANNOT_BE_WRITTEN})
        wait()
        answer = server.deliver(mail, sender=sender, recipient=message["email"], now=clock())
        reason = {name: answer.reason or ""}
        outcomes = {
            Verdict.ACCEPTED: Outcome(),
            Verdict.REJECTED: Outcome(rejected=reason),
            Verdict.UNKNOWN: Outcome(unknown=reason),
            Verdict.LATER: Outcome(later=frozenset(reason)),
        }
        return outcomes[answer.verdict]

    return Destination(
        name=NAME,
        limits=Limits(batch_messages=1),
        send=send,
        has_landed=lambda _batch, _shop: None,
        is_local=lambda _shop: connection.is_local,
        lets_go_on_error=True,
        close=server.close,
    )
