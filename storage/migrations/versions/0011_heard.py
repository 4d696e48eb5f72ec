"""How often an address was heard today"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("contact") as contact:
        contact.add_column(sa.Column("heard_on", sa.Date(), nullable=True))
        contact.add_column(sa.Column("heard_today", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("contact") as contact:  # after the rows that are there have a value
        contact.alter_column("heard_today", server_default=None)


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
