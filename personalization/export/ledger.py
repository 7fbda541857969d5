"""The ledger: what became of each message, so that each leaves once and none twice, whatever happens in between.

reserved → sending → accepted, rejected or unknown. A unique index allows one live row a message over all nights and
destinations. reserved means that nothing left yet; sending that something may have.
"""

import fcntl
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Engine, and_, bindparam, delete, select, text, update

from personalization.errors import StateUnavailable
from personalization.export.destination import Batch, Destination, Outcome
from personalization.settings import Shop
from personalization.store.state import insert_absent, translated, writing
from personalization.store.tables import LIVE, SendStatus, ledger

_IDS_A_QUERY = 10_000
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One export's hold on messages: of one run, for one destination, under a token that nobody else has."""

    run_id: int
    run_date: date
    destination: str
    token: str
    classes: Mapping[str, str]  # program to service, education or marketing


@contextmanager
def sole_sender(engine: Engine, destination: str, *, wait_seconds: float) -> Iterator[None]:
    """Let one export at a time send to *destination*; the lock ends with the process, however that ends.

    Raises StateUnavailable when another export holds it for longer than wait_seconds.
    """
    lock = _file_lock if engine.dialect.name == "sqlite" else _database_lock
    with lock(engine, destination) as is_taken:
        deadline = time.monotonic() + wait_seconds
        while not is_taken():
            if time.monotonic() > deadline:
                raise StateUnavailable(f"another export to {destination} is running; try again when it has ended")
            time.sleep(_POLL_SECONDS)
        yield


@contextmanager
def _file_lock(engine: Engine, destination: str) -> Iterator[Any]:
    path = Path(str(engine.url.database)).with_suffix(f".{destination}.lock")
    with path.open("w") as file:

        def is_taken() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        yield is_taken


@contextmanager
def _database_lock(engine: Engine, destination: str) -> Iterator[Any]:
    key = zlib.crc32(f"postlude:{destination}".encode())
    with translated(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield lambda: connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar_one()


def settle_dead(engine: Engine, destination: Destination, *, shop: Shop, now: datetime) -> None:
    """Settle what an export that died left behind at *destination*; call it as the sole sender only.

    A batch that has landed is accepted, one that surely has not is let go, any other is unknown and stays so until a
    person looks. Reservations are let go: nothing of them left.
    """
    is_ours = ledger.c.destination == destination.name
    left = select(ledger.c.run_date, ledger.c.batch).where(is_ours, ledger.c.status == SendStatus.SENDING).distinct()
    with writing(engine) as connection:
        batches = connection.execute(left.order_by(ledger.c.run_date, ledger.c.batch)).all()
    for run_date, name in batches:
        has_landed = destination.has_landed(Batch(run_date=run_date, name=name), shop)
        is_it = and_(is_ours, ledger.c.status == SendStatus.SENDING, ledger.c.batch == name)
        with writing(engine) as connection:
            if has_landed is False:
                connection.execute(delete(ledger).where(is_it))
            else:
                status = SendStatus.ACCEPTED if has_landed else SendStatus.UNKNOWN
                values = {
                    "status": status,
                    "sent_at": ledger.c.updated_at,
                    "updated_at": now,
                    "reason": "after_a_crash",
                }
                connection.execute(update(ledger).where(is_it).values(values))
    with writing(engine) as connection:
        connection.execute(delete(ledger).where(is_ours, ledger.c.status == SendStatus.RESERVED))


def reserve(connection: Connection, messages: pa.Table, claim: Claim, *, now: datetime) -> frozenset[str]:
    """Reserve *messages* and return the ids that were free; the others left, or another export has them."""
    insert_absent(connection, ledger, _rows(messages, claim, status=SendStatus.RESERVED, now=now))
    mine = select(ledger.c.message_id).where(_is_claimed(claim), ledger.c.status == SendStatus.RESERVED)
    return frozenset(connection.execute(mine).scalars())


def record_unsent(
    connection: Connection, messages: pa.Table, claim: Claim, *, status: SendStatus, now: datetime
) -> None:
    """Record that *messages* expired or are refused, each with its reason; for this run that is final."""
    insert_absent(connection, ledger, _rows(messages, claim, status=status, now=now))


def mark_sending(connection: Connection, claim: Claim, *, batch: str, now: datetime) -> None:
    """Turn the claim's reservations into a batch that may be on its way from now on."""
    is_reserved = and_(_is_claimed(claim), ledger.c.status == SendStatus.RESERVED)
    connection.execute(update(ledger).where(is_reserved).values(status=SendStatus.SENDING, batch=batch, updated_at=now))


def mark_answered(connection: Connection, claim: Claim, outcome: Outcome, *, now: datetime) -> None:
    """Record what the destination said to the claim's batch that is on its way."""
    is_sending = and_(_is_claimed(claim), ledger.c.status == SendStatus.SENDING)
    for status, reasons in ((SendStatus.REJECTED, outcome.rejected), (SendStatus.UNKNOWN, outcome.unknown)):
        if reasons:
            one = update(ledger).where(is_sending, ledger.c.message_id == bindparam("one_id"))
            values = {"status": status, "reason": bindparam("why"), "updated_at": now}
            connection.execute(one.values(values), [{"one_id": name, "why": why} for name, why in reasons.items()])
    if outcome.later:
        connection.execute(delete(ledger).where(is_sending, ledger.c.message_id.in_(outcome.later)))
    accepted = {"status": SendStatus.ACCEPTED, "sent_at": now, "updated_at": now}
    connection.execute(update(ledger).where(is_sending).values(accepted))
    if outcome.vendor_ids:
        one = update(ledger).where(_is_claimed(claim), ledger.c.message_id == bindparam("one_id"))
        ids = [{"one_id": name, "vendor": vendor} for name, vendor in outcome.vendor_ids.items()]
        connection.execute(one.values(vendor_id=bindparam("vendor")), ids)


def let_go(connection: Connection, claim: Claim) -> None:
    """Forget the claim's batch that was on its way: surely nothing of it was accepted."""
    connection.execute(delete(ledger).where(_is_claimed(claim), ledger.c.status == SendStatus.SENDING))


def statuses(connection: Connection, *, run_id: int, destination: str) -> pa.Table:
    """Return what is known of a run's messages at a destination: columns message_id, status and reason."""
    query = select(ledger.c.message_id, ledger.c.status, ledger.c.reason).where(
        ledger.c.run_id == run_id, ledger.c.destination == destination
    )
    rows = connection.execute(query).all()
    names = ("message_id", "status", "reason")
    return pa.table({name: pa.array([row[place] for row in rows], pa.string()) for place, name in enumerate(names)})


def live_elsewhere(connection: Connection, ids: list[str], *, run_id: int, destination: str) -> list[str]:
    """Return those of *ids* that another night or destination sent, or may have sent."""
    found: list[str] = []
    is_this = and_(ledger.c.run_id == run_id, ledger.c.destination == destination)
    for start in range(0, len(ids), _IDS_A_QUERY):
        some = ledger.c.message_id.in_(ids[start : start + _IDS_A_QUERY])
        found += connection.execute(
            select(ledger.c.message_id).where(some, ledger.c.status.in_(LIVE), ~is_this)
        ).scalars()
    return found


def _is_claimed(claim: Claim) -> Any:
    return and_(
        ledger.c.run_id == claim.run_id, ledger.c.destination == claim.destination, ledger.c.claim == claim.token
    )


def _rows(messages: pa.Table, claim: Claim, *, status: SendStatus, now: datetime) -> list[dict[str, Any]]:
    columns = ["message_id", "customer_id", "program", "channel", "decision_subject", "digest", "reason"]
    same = {
        "run_id": claim.run_id,
        "run_date": claim.run_date,
        "destination": claim.destination,
        "claim": claim.token,
        "status": status,
        "reserved_at": now,
        "updated_at": now,
    }
    rows = messages.select(columns).to_pylist()
    return [{**row, **same, "message_class": claim.classes.get(row["program"], "marketing")} for row in rows]
