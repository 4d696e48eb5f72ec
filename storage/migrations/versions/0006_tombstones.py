"""The bare ids of families that were erased"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tombstone",
        sa.Column("family_id", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("family_id"),
    )


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
