"""The tables of the state database. All instants are naive UTC; nothing here is a person's address or name.

The migrations build the same tables; a test compares the two on SQLite and on PostgreSQL.
"""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    text,
)


class RunStatus(StrEnum):
    """Whether a run may still be sent. A voided one was replaced by a newer night or another build."""

    PUBLISHED = "published"
    VOIDED = "voided"


class Decision(StrEnum):
    """What a reviewer decided about a run."""

    APPROVE = "approve"
    PARTIAL = "partial"
    REJECT = "reject"


class SendStatus(StrEnum):
    """What became of one message of one run at one destination.

    reserved: this run means to send it. sending: it may be on its way. accepted: the destination has it. rejected: the
    destination refused it. unknown: it may have left. expired: its window closed. withheld: it must not go any more,
    whatever the data say later.
    """

    RESERVED = "reserved"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    EXPIRED = "expired"
    WITHHELD = "withheld"


# A message in one of these states left or may have left: no night and no destination may send it again.
LIVE = (SendStatus.RESERVED, SendStatus.SENDING, SendStatus.ACCEPTED, SendStatus.UNKNOWN)
UNSETTLED = (SendStatus.RESERVED, SendStatus.SENDING, SendStatus.UNKNOWN)


def _one_of(column: str, words: type[StrEnum]) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


# Constraints are named by the migrations' engine-independent rule, so that a later migration can drop them.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", Integer, primary_key=True),
    Column("folder", String, nullable=False),  # the name that lies in the runs folder, see run_folder
    Column("run_date", Date, nullable=False),
    Column("manifest_digest", String(64), nullable=False),
    Column("published_at", DateTime, nullable=False),
    Column("origin", String, nullable=False),
    Column("started_by", String, nullable=False),
    Column("status", String, nullable=False),
    Column("voided_at", DateTime),
    Column("void_reason", String),
    Column("is_held", Boolean, nullable=False),
    Column("message_count", Integer, nullable=False),
    Column("expires_at", DateTime),  # when the last of its messages expires; null without messages
    UniqueConstraint("folder", "run_date", "manifest_digest"),
    CheckConstraint("origin IN ('scheduled', 'manual')", name="origin"),
    CheckConstraint(_one_of("status", RunStatus), name="status"),
)

# Rows are never deleted: they are the audit log. A decision that no longer counts is voided.
approvals = Table(
    "approvals",
    metadata,
    Column("approval_id", Integer, primary_key=True),
    Column("run_id", Integer, ForeignKey("runs.run_id"), nullable=False, index=True),
    Column("decision", String, nullable=False),
    Column("reviewer", String, nullable=False),
    Column("reason", String),
    Column("decided_at", DateTime, nullable=False),
    Column("expires_at", DateTime),
    Column("manifest_digest", String(64), nullable=False),
    Column("messages_digest", String(64), nullable=False),
    Column("voided_at", DateTime),
    Column("void_reason", String),
    CheckConstraint(_one_of("decision", Decision), name="decision"),
)

approved_messages = Table(
    "approved_messages",
    metadata,
    Column("approval_id", Integer, ForeignKey("approvals.approval_id"), primary_key=True),
    Column("message_digest", String(64), primary_key=True),
)

ledger = Table(
    "ledger",
    metadata,
    Column("run_id", Integer, ForeignKey("runs.run_id"), primary_key=True),
    Column("message_id", String(64), primary_key=True),
    Column("destination", String, primary_key=True),
    Column("run_date", Date, nullable=False),
    Column("customer_id", String, nullable=False),
    Column("program", String, nullable=False),
    Column("message_class", String, nullable=False),  # service, education or marketing
    Column("channel", String, nullable=False),
    Column("decision_subject", String),
    Column("digest", String(64), nullable=False),
    Column("status", String, nullable=False),
    Column("reason", String),
    Column("claim", String),  # the export that reserved it; another one leaves the row alone
    Column("batch", String),  # the batch it left in, named by its content
    Column("vendor_id", String),
    Column("reserved_at", DateTime, nullable=False),
    Column("updated_at", DateTime, nullable=False),
    Column("sent_at", DateTime),
    CheckConstraint(_one_of("status", SendStatus), name="status"),
)
IS_LIVE = text(f"status IN ({', '.join(repr(str(status)) for status in LIVE)})")
Index("uq_ledger_live_message", ledger.c.message_id, unique=True, sqlite_where=IS_LIVE, postgresql_where=IS_LIVE)
Index("ix_ledger_run_date", ledger.c.run_date)

switches = Table(
    "switches",
    metadata,
    Column("name", String, primary_key=True),
    Column("is_paused", Boolean, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("changed_at", DateTime, nullable=False),
    Column("reason", String),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("night", Date, primary_key=True),
    Column("check", String, primary_key=True),
    Column("scope", String, primary_key=True),
    Column("program", String, primary_key=True),
    Column("raw_verdict", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("value", Float),
    Column("threshold", Float),
)

holdouts = Table(
    "holdouts",
    metadata,
    Column("customer_id", String, primary_key=True),
    Column("program", String, primary_key=True),
    Column("is_withheld", Boolean, nullable=False),
    Column("assigned_night", Date, nullable=False),
)

suppression_counts = Table(
    "suppression_counts",
    metadata,
    Column("channel", String, primary_key=True),
    Column("counted_at", DateTime, primary_key=True),
    Column("row_count", BigInteger, nullable=False),
)

# Who ended a message's kind by its link. Rows are never changed or deleted: a night that is run again reads the same.
unsubscribes = Table(
    "unsubscribes",
    metadata,
    Column("message_id", String(64), primary_key=True),
    Column("customer_id", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("unsubscribed_at", DateTime, primary_key=True),  # again after a new yes, by the same link
)

alerts = Table(
    "alerts",
    metadata,
    Column("night", Date, primary_key=True),
    Column("kind", String, primary_key=True),
    Column("sent_at", DateTime, nullable=False),
)

reviewers = Table(
    "reviewers",
    metadata,
    Column("name", String, primary_key=True),  # lower case
    Column("role", String, nullable=False),
    Column("password", String, nullable=False),  # scrypt, see review.accounts; never the password itself
    Column("changed_at", DateTime, nullable=False),
    Column("signed_out_at", DateTime, nullable=False),  # sessions that began before do not count
    CheckConstraint("role IN ('viewer', 'approver')", name="role"),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("failure_id", Integer, primary_key=True),
    Column("name_digest", String(64), nullable=False, index=True),  # somebody may have typed a password here
    Column("failed_at", DateTime, nullable=False),
)

review_secrets = Table(
    "review_secrets",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

# Who looked at which customer on the review page; never deleted.
look_ups = Table(
    "look_ups",
    metadata,
    Column("look_up_id", Integer, primary_key=True),
    Column("reviewer", String, nullable=False),
    Column("customer_id", String, nullable=False),
    Column("run_date", Date, nullable=False),
    Column("looked_at", DateTime, nullable=False),
)
