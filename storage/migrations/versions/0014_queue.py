"""Until when a family is put off, and by when it is to be answered"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
_UNRECKONED = sa.text("answer_by is null and waiting_since is not null")
_LATER = sa.text("snoozed_until is not null")


def upgrade() -> None:
    with op.batch_alter_table("conversation") as conversation:
        conversation.add_column(sa.Column("answer_by", UtcTime(), nullable=True))
        conversation.add_column(sa.Column("snoozed_until", UtcTime(), nullable=True))
    for name, column, where in (
        ("conversation_unreckoned", "waiting_since", _UNRECKONED),
        ("conversation_later", "snoozed_until", _LATER),
    ):
        op.create_index(name, "conversation", [column], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
