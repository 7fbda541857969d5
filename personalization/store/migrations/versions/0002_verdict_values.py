"""What each readiness check found, beside its verdict, so that its last nights can be drawn."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add value and threshold to the verdicts; nights recorded before have none."""
    op.add_column("verdicts", sa.Column("value", sa.Float))
    op.add_column("verdicts", sa.Column("threshold", sa.Float))
