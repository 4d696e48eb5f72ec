"""What requests counted as before something of them was changed"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "earlier",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("registration_id", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("author", sa.String(), nullable=True),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("care_need", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["author"], ["staff.id"]),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"]),
        sa.ForeignKeyConstraint(["registration_id"], ["registration.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("earlier_desk", "earlier", ["desk_id", "at"])
    for column in ("registration_id", "at"):
        op.create_index(f"ix_earlier_{column}", "earlier", [column])


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
