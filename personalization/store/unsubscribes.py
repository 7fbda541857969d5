"""Who unsubscribed by the link of a message, as the state database keeps it."""

from datetime import datetime

import pyarrow as pa
from sqlalchemy import Engine, select

from personalization.store import tables
from personalization.store.state import insert_absent, reading, writing

UNSUBSCRIBES = pa.schema(
    [
        ("message_id", pa.string()),
        ("customer_id", pa.string()),
        ("channel", pa.string()),
        ("unsubscribed_at", pa.timestamp("us")),
    ]
)


def record_unsubscribe(engine: Engine, message_id: str, *, now: datetime) -> bool:
    """Keep that the person who got *message_id* wants no more like it.

    Every time is kept: who subscribed again since may leave again by the same link. now is a naive UTC instant.
    Returns False, and keeps nothing, where no message of that id left or may have left.
    """
    ledger = tables.ledger.c
    # Literal, so that both engines use the index on live messages.
    sent = select(ledger.customer_id, ledger.channel).where(ledger.message_id == message_id, tables.IS_LIVE)
    with writing(engine) as connection:
        row = connection.execute(sent).first()
        if row is None:
            return False
        one = {"message_id": message_id, "customer_id": row.customer_id, "channel": row.channel}
        insert_absent(connection, tables.unsubscribes, [{**one, "unsubscribed_at": now}])
    return True


def read_unsubscribes(engine: Engine, *, before: datetime | None = None) -> pa.Table:
    """Return who unsubscribed, in UNSUBSCRIBES' columns, ordered by message_id and time.

    before: only what was recorded earlier than that naive UTC instant, as for a night; None: all that is known now.
    """
    kept = tables.unsubscribes.c
    query = select(*(kept[name] for name in UNSUBSCRIBES.names))
    if before is not None:
        query = query.where(kept.unsubscribed_at < before)
    with reading(engine) as connection:
        rows = [row._asdict() for row in connection.execute(query)]
    kept_before = pa.Table.from_pylist(rows, schema=UNSUBSCRIBES)
    return kept_before.sort_by([("message_id", "ascending"), ("unsubscribed_at", "ascending")])
