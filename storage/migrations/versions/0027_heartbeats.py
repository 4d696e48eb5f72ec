"""When each process last did its round"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("what", "process"),
    )


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
