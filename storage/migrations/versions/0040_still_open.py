"""What is still open, and what was not delivered, is counted without reading what is over"""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("conversation_silent", "conversation")
    op.create_index("conversation_all", "conversation", ["reminders"])
    _of_some(
        "conversation_open", "conversation", "status", "last_inbound_at", "waiting_since", where="status <> 'closed'"
    )
    _of_some("message_failed", "message", "id", where="status = 'failed'")


def _of_some(name: str, table: str, *columns: str, where: str) -> None:
    words = sa.text(where)
    op.create_index(name, table, list(columns), sqlite_where=words, postgresql_where=words)


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
