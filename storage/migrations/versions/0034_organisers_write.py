"""Organisers get mail, and tell of requests by text message"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("organiser", sa.Column("wants_mail", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("update organiser set wants_mail = wants_reminders")
    op.create_table(
        "organiser_text",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"]),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"]),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"]),
        sa.PrimaryKeyConstraint("contact_id"),
    )
    op.create_index("ix_organiser_text_until", "organiser_text", ["until"])


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
