"""The list of childcare that a desk imported"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "childcare",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("town", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("price", sa.String(), nullable=False),
        sa.Column("taken_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_childcare_desk_id", "childcare", ["desk_id"])


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
