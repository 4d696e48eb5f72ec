"""Whether childcare was found: when a family was asked, and outcomes that it told itself"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "follow_up",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("registration_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("answered_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"]),
        sa.ForeignKeyConstraint(["registration_id"], ["registration.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_follow_up_registration_id", "follow_up", ["registration_id"])
    op.create_index("registration_start", "registration", ["desk_id", "start"])
    with op.batch_alter_table("outcome") as outcome:
        outcome.add_column(sa.Column("by_family", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("outcome") as outcome:  # after the rows that are there have a value
        outcome.alter_column("by_family", server_default=None)


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
