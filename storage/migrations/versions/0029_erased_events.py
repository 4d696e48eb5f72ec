"""What an erased family sent, by the provider's ids: nothing of it is taken in from there again"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("tombstone") as tombstone:
        tombstone.add_column(sa.Column("events", sa.String(), nullable=False, server_default="[]"))
    with op.batch_alter_table("tombstone") as tombstone:  # after the rows that are there have a value
        tombstone.alter_column("events", server_default=None)


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
