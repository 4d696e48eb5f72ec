"""What recognises an imported row that comes again"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("registration") as registration:
        registration.add_column(sa.Column("alike", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("registration") as registration:  # after the rows that are there have a value
        registration.alter_column("alike", server_default=None)
    op.create_index("ix_registration_alike", "registration", ["alike"])


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
