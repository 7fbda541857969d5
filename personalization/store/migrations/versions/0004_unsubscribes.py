"""Who unsubscribed by the link of a message."""

import sqlalchemy as sa
from alembic import op

revision = "0004_unsubscribes"
down_revision = "0003"


def upgrade() -> None:
    """Add the table; nobody is in it yet."""
    op.create_table(
        "unsubscribes",
        sa.Column("message_id", sa.String(64), nullable=False),
        sa.Column("customer_id", sa.String, nullable=False),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("unsubscribed_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_unsubscribes"),
    )
