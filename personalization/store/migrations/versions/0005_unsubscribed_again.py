"""Whoever subscribed again may leave again by the same link: every time is kept, not only the first."""

from alembic import op

revision = "0005"
down_revision = "0004_unsubscribes"


def upgrade() -> None:
    """Let a message have several times; those kept until now stay."""
    with op.batch_alter_table("unsubscribes") as table:
        table.drop_constraint("pk_unsubscribes", type_="primary")
        table.create_primary_key("pk_unsubscribes", ["message_id", "unsubscribed_at"])
