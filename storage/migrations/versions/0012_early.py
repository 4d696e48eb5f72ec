"""Statuses that come before we noted the provider's name for a message"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "early_status",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "provider_id"),
    )
    op.create_index("ix_early_status_at", "early_status", ["at"])


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
