"""Who looks at a conversation, what they were writing, and whom they ask"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "presence",
        *_of_both(),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("typing_until", UtcTime(), nullable=True),
        *_keys_of_both(),
        sa.PrimaryKeyConstraint("conversation_id", "staff_id"),
    )
    op.create_index("ix_presence_until", "presence", ["until"])
    op.create_table(
        "reply_draft",
        *_of_both(),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        *_keys_of_both(),
        sa.PrimaryKeyConstraint("conversation_id", "staff_id"),
    )
    op.create_table(
        "mention",
        sa.Column("id", sa.String(length=32), nullable=False),
        *_of_both(),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        *_keys_of_both(),
        sa.ForeignKeyConstraint(["author"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_mention_conversation_id", "mention", ["conversation_id"])
    op.create_index("ix_mention_staff_id", "mention", ["staff_id"])


def _of_both() -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in ("conversation_id", "staff_id", "desk_id")]


def _keys_of_both() -> list[sa.ForeignKeyConstraint]:
    names = {"conversation_id": "conversation.id", "staff_id": "staff.id", "desk_id": "desk.id"}
    return [sa.ForeignKeyConstraint([name], [target]) for name, target in names.items()]


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
