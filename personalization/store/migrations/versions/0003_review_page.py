"""The review page: who may sign in, failed attempts, its secret, and who looked at whom."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the four tables of the review page."""
    op.create_table(
        "reviewers",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("password", sa.String, nullable=False),
        sa.Column("changed_at", sa.DateTime, nullable=False),
        sa.Column("signed_out_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_reviewers"),
        sa.CheckConstraint("role IN ('viewer', 'approver')", name="role"),
    )
    op.create_table(
        "sign_in_failures",
        sa.Column("failure_id", sa.Integer, nullable=False),
        sa.Column("name_digest", sa.String(64), nullable=False),
        sa.Column("failed_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("failure_id", name="pk_sign_in_failures"),
    )
    op.create_index("ix_sign_in_failures_name_digest", "sign_in_failures", ["name_digest"])
    op.create_table(
        "review_secrets",
        sa.Column("name", sa.String, nullable=False),
        sa.Column("value", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_review_secrets"),
    )
    op.create_table(
        "look_ups",
        sa.Column("look_up_id", sa.Integer, nullable=False),
        sa.Column("reviewer", sa.String, nullable=False),
        sa.Column("customer_id", sa.String, nullable=False),
        sa.Column("run_date", sa.Date, nullable=False),
        sa.Column("looked_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("look_up_id", name="pk_look_ups"),
    )
