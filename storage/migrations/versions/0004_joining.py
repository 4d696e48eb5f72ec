"""Codes with which a family goes on from another address"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "join_code",
        sa.Column("blind", sa.String(), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=True),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("our_number", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"]),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"]),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.PrimaryKeyConstraint("blind"),
        sa.UniqueConstraint("conversation_id"),
    )
    op.create_index("ix_join_code_until", "join_code", ["until"])


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
