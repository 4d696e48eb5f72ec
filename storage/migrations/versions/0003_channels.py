"""Buttons under a message, the address it went to or came from, and how often a family was reminded"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("buttons", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("message") as message:
        message.add_column(sa.Column("contact_id", sa.String(), nullable=True))
        message.create_foreign_key("message_contact", "contact", ["contact_id"], ["id"])
    with op.batch_alter_table("conversation") as conversation:
        conversation.add_column(sa.Column("reminders", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("conversation") as conversation:  # after the rows that are there have a value
        conversation.alter_column("reminders", server_default=None)
    op.execute("update message set contact_id = (select contact_id from conversation where id = conversation_id)")


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
