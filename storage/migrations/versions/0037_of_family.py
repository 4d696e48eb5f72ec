"""What belongs to a family, and what points to it, is found without reading all that was ever kept"""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None
_INDEXES = (
    ("message_family", "message", "family_id"),
    ("message_contact", "message", "contact_id"),
    ("conversation_family", "conversation", "family_id"),
    ("ix_call_family_id", "call", "family_id"),
    ("ix_call_back_conversation_id", "call_back", "conversation_id"),
    ("ix_recording_family_id", "recording", "family_id"),
    ("ix_filing_conversation_id", "filing", "conversation_id"),
)
_FEW = (("family_joined", "family", "joined_to"), ("registration_same", "registration", "same_as"))


def upgrade() -> None:
    for name, table, column in _INDEXES:
        op.create_index(name, table, [column])
    for name, table, column in _FEW:
        where = sa.text(f"{column} is not null")
        op.create_index(name, table, [column], sqlite_where=where, postgresql_where=where)
    closed = sa.text("status = 'closed'")
    op.create_index(
        "conversation_closed", "conversation", ["desk_id", "closed_at"], sqlite_where=closed, postgresql_where=closed
    )


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
