"""The tables of the nightly line: runs, approvals, ledger, verdicts, holdouts and switches."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_IS_LIVE = sa.text("status IN ('reserved', 'sending', 'accepted', 'unknown')")


def upgrade() -> None:
    """Make every table."""
    _make_review_tables()
    _make_ledger()
    _make_history_tables()


def _make_review_tables() -> None:
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Integer, nullable=False),
        sa.Column("folder", sa.String, nullable=False),
        sa.Column("run_date", sa.Date, nullable=False),
        sa.Column("manifest_digest", sa.String(64), nullable=False),
        sa.Column("published_at", sa.DateTime, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("started_by", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("voided_at", sa.DateTime),
        sa.Column("void_reason", sa.String),
        sa.Column("is_held", sa.Boolean, nullable=False),
        sa.Column("message_count", sa.Integer, nullable=False),
        sa.Column("expires_at", sa.DateTime),
        sa.PrimaryKeyConstraint("run_id", name="pk_runs"),
        sa.UniqueConstraint("folder", "run_date", "manifest_digest", name="uq_runs_folder"),
        sa.CheckConstraint("origin IN ('scheduled', 'manual')", name="origin"),
        sa.CheckConstraint("status IN ('published', 'voided')", name="status"),
    )
    op.create_table(
        "approvals",
        sa.Column("approval_id", sa.Integer, nullable=False),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.run_id"), nullable=False),
        sa.Column("decision", sa.String, nullable=False),
        sa.Column("reviewer", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("decided_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime),
        sa.Column("manifest_digest", sa.String(64), nullable=False),
        sa.Column("messages_digest", sa.String(64), nullable=False),
        sa.Column("voided_at", sa.DateTime),
        sa.Column("void_reason", sa.String),
        sa.PrimaryKeyConstraint("approval_id", name="pk_approvals"),
        sa.CheckConstraint("decision IN ('approve', 'partial', 'reject')", name="decision"),
    )
    op.create_index("ix_approvals_run_id", "approvals", ["run_id"])
    op.create_table(
        "approved_messages",
        sa.Column("approval_id", sa.Integer, sa.ForeignKey("approvals.approval_id"), nullable=False),
        sa.Column("message_digest", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("approval_id", "message_digest", name="pk_approved_messages"),
    )


def _make_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.run_id"), nullable=False),
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("destination", sa.String, nullable=False),
        sa.Column("run_date", sa.Date, nullable=False),
        sa.Column("customer_id", sa.String, nullable=False),
        sa.Column("program", sa.String, nullable=False),
        sa.Column("message_class", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("decision_subject", sa.String),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("claim", sa.String),
        sa.Column("batch", sa.String),
        sa.Column("vendor_id", sa.String),
        sa.Column("reserved_at", sa.DateTime, nullable=False),
        sa.Column("updated_at", sa.DateTime, nullable=False),
        sa.Column("sent_at", sa.DateTime),
        sa.PrimaryKeyConstraint("run_id", "message_id", "destination", name="pk_ledger"),
        sa.CheckConstraint(
            "status IN ('reserved', 'sending', 'accepted', 'rejected', 'unknown', 'expired', 'withheld')", name="status"
        ),
    )
    op.create_index(
        "uq_ledger_live_message",
        "ledger",
        ["message_id"],
        unique=True,
        sqlite_where=_IS_LIVE,
        postgresql_where=_IS_LIVE,
    )
    op.create_index("ix_ledger_run_date", "ledger", ["run_date"])


def _make_history_tables() -> None:
    op.create_table(
        "switches",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("is_paused", sa.Boolean, nullable=False),
        sa.Column("changed_by", sa.String, nullable=False),
        sa.Column("changed_at", sa.DateTime, nullable=False),
        sa.Column("reason", sa.String),
        sa.PrimaryKeyConstraint("name", name="pk_switches"),
    )
    op.create_table(
        "verdicts",
        sa.Column("night", sa.Date, nullable=False),
        sa.Column("check", sa.String, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("program", sa.String, nullable=False),
        sa.Column("raw_verdict", sa.String, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("night", "check", "scope", "program", name="pk_verdicts"),
    )
    op.create_table(
        "holdouts",
        sa.Column("customer_id", sa.String, nullable=False),
        sa.Column("program", sa.String, nullable=False),
        sa.Column("is_withheld", sa.Boolean, nullable=False),
        sa.Column("assigned_night", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "program", name="pk_holdouts"),
    )
    op.create_table(
        "suppression_counts",
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("counted_at", sa.DateTime, nullable=False),
        sa.Column("row_count", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("channel", "counted_at", name="pk_suppression_counts"),
    )
    op.create_table(
        "alerts",
        sa.Column("night", sa.Date, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("sent_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("night", "kind", name="pk_alerts"),
    )
