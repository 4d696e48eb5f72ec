"""What colleagues are told by mail"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_mail",
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("token_until", UtcTime(), nullable=True),
        sa.Column("confirmed_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("staff_id"),
    )
    op.create_table(
        "mail_wish",
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at_once", sa.Boolean(), nullable=False),
        sa.Column("digested_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"]),
        sa.PrimaryKeyConstraint("staff_id", "desk_id"),
    )
    op.add_column("conversation", sa.Column("mailed_since", UtcTime(), nullable=True))
    op.add_column("call_back", sa.Column("mailed_due", UtcTime(), nullable=True))


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
