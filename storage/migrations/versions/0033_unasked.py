"""Messages that nobody asked for: one that is late waits for the morning"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("message", sa.Column("unasked", sa.Boolean(), nullable=True))


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
