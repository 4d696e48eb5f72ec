"""Mails to colleagues and organisers"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("due_at", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    pending = sa.text("status in ('queued', 'sending')")
    op.create_index("mail_due", "mail", ["due_at"], sqlite_where=pending, postgresql_where=pending)


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
