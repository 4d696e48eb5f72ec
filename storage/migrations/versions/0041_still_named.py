"""Which conversations still have words, and which requests names, is seen without reading the others"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _of_some("message_wordy", "message", "conversation_id", where="body is not null")
    _of_some("registration_named", "registration", "asked_on", "family_id", where="length(answers) > 0")


def _of_some(name: str, table: str, *columns: str, where: str) -> None:
    words = sa.text(where)
    op.create_index(name, table, list(columns), sqlite_where=words, postgresql_where=words)


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
