"""Requests with names that somebody was given as a file"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("ids", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("finished_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("export_of_desk", "export", ["desk_id", "kind", "until"])
    op.create_index("ix_export_hash", "export", ["hash"])


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
