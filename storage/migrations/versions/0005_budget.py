"""How often we answered a number, or a block of numbers, on one day"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "budget",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("blind", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "blind"),
    )


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
