"""A desk's own definitions of unanswered, in versions"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "own_definition",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["author"], ["staff.id"]),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name", "version"),
    )
    op.create_index("ix_own_definition_desk_id", "own_definition", ["desk_id"])


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
