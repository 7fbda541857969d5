"""The tables of other tools' mail in a whole shop: messages, what became of them, and who must not be mailed."""

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from personalization.simulation import mail as mailing
from personalization.simulation.frames import instants, keep, select, texts, words
from personalization.simulation.given import Given
from personalization.simulation.mail import Engagement, Mail
from personalization.simulation.parcels import NEVER
from personalization.simulation.setting import Setting


def message_rows(mail: Mail, given: Given) -> pa.Table:
    """Return the table of messages."""
    sends = mail.sends
    programs, sources, classes, channels = zip(*mailing.PROGRAMS, strict=True)
    sent_at = instants(sends.sent_at)
    is_ad = np.array(classes)[sends.program] == mailing.MARKETING
    order = texts(given.orders.number[sends.order])
    return pa.table(
        {
            "message_id": texts(sends.number),
            "customer_id": texts(given.customers.number[sends.customer]),
            "order_id": pc.if_else(pa.array(is_ad), pa.scalar(None, pa.string()), order),
            "source": words(sources, sends.program),
            "class": words([mailing.CLASSES[kind] for kind in classes], sends.program),
            "program": words(programs, sends.program),
            "channel": words(channels, sends.program),
            "sent_at": sent_at,
            "status": words(("delivered", "bounced"), (mail.is_hard | mail.is_soft).astype(np.int64)),
            "received_at": sent_at,
            "is_received_assumed": pa.array(np.zeros(len(sends.number), dtype=np.bool_)),
        }
    )


def engagement_rows(found: Engagement, mail: Mail) -> pa.Table:
    """Return the table of what became of the messages."""
    return pa.table(
        {
            "message_id": texts(mail.sends.number[found.message]),
            "type": words(mailing.TYPES, found.kind),
            "occurred_at": instants(found.occurred_at),
            "received_at": instants(found.occurred_at + mailing.LAG_SECONDS),
            "is_received_assumed": pa.array(np.zeros(len(found.message), dtype=np.bool_)),
        }
    )


def suppression_rows(mail: Mail, given: Given, *, setting: Setting, connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """Return the mailing tool's list: dead mailboxes and complaints, and a reader a day who never bought.

    The readers are the same in every world, so that the list is as new as its last night however small the shop.
    """
    bounced_at, complained_at = mail.bounced_at, mail.mailbox.complained_at
    at = np.minimum(bounced_at, complained_at)
    place = np.flatnonzero(at < NEVER)
    given_up = pa.table(
        {
            "email": given.customers.email.take(pa.array(place)),
            "reason": words(("hard_bounce", "complaint"), (complained_at < bounced_at)[place].astype(np.int64)),
            "suppressed_at": instants(at[place] + mailing.LAG_SECONDS),
        }
    )
    keep(connection, "given_up", given_up)
    until = np.datetime64(setting.until, "s").astype("datetime64[us]").item()
    return select(connection, "given_up_addresses", until=until)
