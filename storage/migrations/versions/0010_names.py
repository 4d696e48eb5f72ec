"""Requests are found by a name, without the name standing anywhere in clear"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("registration") as registration:
        registration.add_column(sa.Column("name_blind", sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("registration") as registration:  # after the rows that are there have a value
        registration.alter_column("name_blind", server_default=None)
    op.create_index("ix_registration_name_blind", "registration", ["name_blind"])


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
