"""The state database: what was published, approved, sent, held back and found on earlier nights.

SQLite beside the runs by default, PostgreSQL by URL; both behave alike. It is the truth: an Airflow event only makes
things faster.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Engine, Select, case, create_engine, delete, event, func, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import Table

from personalization.errors import ConfigurationInvalid, StateUnavailable
from personalization.store import tables

BUSY_SECONDS = 30.0  # a writer waits this long for another one
HISTORY_DAYS = 90  # our choice: the report draws 60 nights and no gate looks further back
_ROWS_A_STATEMENT = 20_000
_LOCKED = ("locked", "busy", "unable to open")
_MIGRATION_LOCK = 7_261_904  # any number, the same for every process


@dataclass(frozen=True, slots=True, kw_only=True)
class StateInputs:
    """What a night may know of earlier nights, each table in a total order.

    sent_before: one row a message that left or may have left. holdouts_before: one row a customer and program.
    verdict_history: one row a night, check, scope and program, of the last 90 nights.
    """

    sent_before: pa.Table
    holdouts_before: pa.Table
    verdict_history: pa.Table


SENT_BEFORE = pa.schema(
    [
        ("message_id", pa.string()),
        ("run_date", pa.date32()),
        ("customer_id", pa.string()),
        ("program", pa.string()),
        ("message_class", pa.string()),
        ("channel", pa.string()),
        ("decision_subject", pa.string()),
        ("destination", pa.string()),
        ("sent_at", pa.timestamp("us")),
    ]
)
HOLDOUTS_BEFORE = pa.schema(
    [
        ("customer_id", pa.string()),
        ("program", pa.string()),
        ("is_withheld", pa.bool_()),
        ("assigned_night", pa.date32()),
    ]
)
VERDICT_HISTORY = pa.schema(
    [
        ("night", pa.date32()),
        ("check", pa.string()),
        ("scope", pa.string()),
        ("program", pa.string()),
        ("raw_verdict", pa.string()),
        ("verdict", pa.string()),
        ("value", pa.float64()),
        ("threshold", pa.float64()),
    ]
)


def state_url(setting: str | None, runs: Path) -> str:
    """Return the address of the state database: POSTLUDE_STATE_URL, else *setting*, else SQLite in *runs*."""
    return os.environ.get("POSTLUDE_STATE_URL") or setting or f"sqlite:///{runs.resolve()}/state.sqlite"


def open_state(url: str) -> Engine:
    """Return the state database at *url*, such as ``sqlite:////srv/runs/state.sqlite`` or ``postgresql://…``.

    Nothing is connected yet. Raises ConfigurationInvalid for a URL that cannot be read.
    """
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in ("sqlite", "postgresql"):
            raise ArgumentError("neither sqlite nor postgresql")
        # Processes are short and few: a pool would only keep connections open across forks.
        engine = create_engine(parsed, poolclass=NullPool, hide_parameters=True)
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise ConfigurationInvalid(
            "state_url: not a database address such as 'sqlite:////srv/runs/state.sqlite' or 'postgresql://host/name'"
        ) from error
    if engine.dialect.name == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, and cover DDL too
    connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # what is marked as sending must survive a power cut
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot wait for another writer: writers take the lock at once.
    is_writing = connection.get_execution_options().get("is_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that sees one state of the database.

    Raises StateUnavailable where the database is locked or cannot be reached.
    """
    # One picture for all statements of the block; SQLite gives that anyway.
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with translated(), engine.connect() as plain:
        connection = plain.execution_options(**options)
        with connection.begin():
            yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection whose changes are kept all together or not at all.

    On SQLite only one writer is in here at a time; on PostgreSQL lock the rows that a decision rests on.
    Raises StateUnavailable where the database is locked or cannot be reached.
    """
    with translated(), engine.connect() as plain:
        connection = plain.execution_options(is_writing=True)
        with connection.begin():
            yield connection


@contextmanager
def translated() -> Iterator[None]:
    """Raise StateUnavailable in the place of an engine's own error that may pass by itself."""
    try:
        yield
    except DBAPIError as error:
        if not _is_transient(error):
            raise
        raise StateUnavailable(
            "the state database is locked or cannot be reached; try again, and check state_url if it stays so"
        ) from error


def _is_transient(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return any(word in str(error.orig).lower() for word in _LOCKED)
    # PostgreSQL: connection lost or refused, lock not granted, deadlock, serialization failure.
    return error.connection_invalidated or type(error).__name__ == "OperationalError"


def migrate(engine: Engine) -> None:
    """Bring the database to the newest schema; several processes may call this at once.

    Raises ConfigurationInvalid when a newer Postlude has migrated it further, StateUnavailable when it is locked.
    """
    from alembic import command  # loading alembic costs 0.2 s, and mostly there is nothing to do
    from alembic.util import CommandError

    from personalization.store.migrations import HEAD, alembic_config

    with writing(engine) as connection:
        if _revision(connection) == HEAD:
            return
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _MIGRATION_LOCK})
        try:
            command.upgrade(alembic_config(connection), "head")
        except CommandError as error:
            raise ConfigurationInvalid(
                "the state database was migrated by a newer Postlude; use that version, or another state_url"
            ) from error


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def approved_runs_waiting(engine: Engine) -> tuple[int, ...]:
    """Return the ids of the approvals of which some message has neither left, expired nor been refused for good."""
    return tuple(approval_id for approval_id, _, _ in _approved_and_unsent(engine))


def approved_nights(engine: Engine, folder: str) -> tuple[date, ...]:
    """Return the nights of the runs folder named *folder* that an export has something to do for, the oldest first."""
    return tuple(night for _, name, night in _approved_and_unsent(engine) if name == folder)


def _approved_and_unsent(engine: Engine) -> list[tuple[int, str, date]]:
    approvals, runs, ledger, chosen = tables.approvals, tables.runs, tables.ledger, tables.approved_messages
    settled = select(func.count(ledger.c.message_id.distinct())).where(
        ledger.c.run_id == runs.c.run_id,
        ledger.c.status.not_in((tables.SendStatus.RESERVED, tables.SendStatus.SENDING)),
    )
    partial = select(func.count()).where(chosen.c.approval_id == approvals.c.approval_id)
    approved = case(
        (approvals.c.decision == tables.Decision.PARTIAL, partial.scalar_subquery()), else_=runs.c.message_count
    )
    query = (
        select(approvals.c.approval_id, runs.c.folder, runs.c.run_date)
        .join(runs)
        .where(approvals.c.voided_at.is_(None), approvals.c.decision != tables.Decision.REJECT)
        .where(runs.c.status == tables.RunStatus.PUBLISHED, settled.scalar_subquery() < approved)
        .order_by(runs.c.run_date, approvals.c.approval_id)
    )
    with reading(engine) as connection:
        return [(row.approval_id, row.folder, row.run_date) for row in connection.execute(query)]


def insert_absent(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    """Insert *rows*, leaving out those that a unique key of *table* forbids, in bulk."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert(table).on_conflict_do_nothing()
    for start in range(0, len(rows), _ROWS_A_STATEMENT):
        connection.execute(statement, rows[start : start + _ROWS_A_STATEMENT])


def record_verdicts(engine: Engine, night: date, verdicts: pa.Table) -> None:
    """Keep *night*'s readiness verdicts in the place of what was kept for it before.

    verdicts: columns check, scope, program, raw_verdict, verdict, value, threshold; one row each.
    """
    rows = [{"night": night, **row} for row in verdicts.select(VERDICT_HISTORY.names[1:]).to_pylist()]
    with writing(engine) as connection:
        connection.execute(delete(tables.verdicts).where(tables.verdicts.c.night == night))
        if rows:
            connection.execute(tables.verdicts.insert(), rows)


def record_holdouts(engine: Engine, night: date, holdouts: pa.Table) -> None:
    """Keep who is withheld from what, in the place of what *night* had assigned before.

    What another night assigned to a customer and program stays as it is. holdouts: columns customer_id, program,
    is_withheld.
    """
    rows = [{"assigned_night": night, **row} for row in holdouts.select(HOLDOUTS_BEFORE.names[:3]).to_pylist()]
    with writing(engine) as connection:
        connection.execute(delete(tables.holdouts).where(tables.holdouts.c.assigned_night == night))
        insert_absent(connection, tables.holdouts, rows)


def read_state_before(engine: Engine, night: date) -> StateInputs:
    """Return what was recorded for the nights before *night*, and nothing of itself or of later ones."""
    holdouts, verdicts = tables.holdouts.c, tables.verdicts.c
    with reading(engine) as connection:
        sent = _live().where(tables.ledger.c.run_date < night)
        withheld = select(*(holdouts[name] for name in HOLDOUTS_BEFORE.names)).where(holdouts.assigned_night < night)
        history = select(*(verdicts[name] for name in VERDICT_HISTORY.names)).where(
            verdicts.night < night, verdicts.night >= night - timedelta(days=HISTORY_DAYS)
        )
        return StateInputs(
            sent_before=_arrow(connection, sent, SENT_BEFORE, order=("message_id",)),
            holdouts_before=_arrow(connection, withheld, HOLDOUTS_BEFORE, order=("customer_id", "program")),
            verdict_history=_arrow(connection, history, VERDICT_HISTORY, order=VERDICT_HISTORY.names[:4]),
        )


def read_sent_elsewhere(engine: Engine, *, run_id: int | None) -> pa.Table:
    """Return every message that left, or may have left, but for those of the run *run_id*, in SENT_BEFORE's columns.

    Other than what a night may know, this holds the same night's messages of another runs folder, and later nights'.
    """
    sent = _live() if run_id is None else _live().where(tables.ledger.c.run_id != run_id)
    with reading(engine) as connection:
        return _arrow(connection, sent, SENT_BEFORE, order=("message_id",))


def _live() -> Select[Any]:
    ledger = tables.ledger.c
    return select(*(ledger[name] for name in SENT_BEFORE.names)).where(ledger.status.in_(tables.LIVE))


def _arrow(
    connection: Connection, query: Select[Any], schema: pa.Schema, *, order: tuple[str, ...] | list[str]
) -> pa.Table:
    rows = connection.execute(query).all()
    columns = zip(*rows, strict=True) if rows else ([] for _ in schema)
    table = pa.table(
        [pa.array(column, type=field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )
    # Sorted here and not by the database, whose collation may differ from machine to machine.
    return table.sort_by([(name, "ascending") for name in order])
