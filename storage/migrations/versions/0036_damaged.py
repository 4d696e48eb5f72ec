"""Rows that could not be read when something was due with them"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "damaged",
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("row_id", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("what", "row_id"),
    )


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
