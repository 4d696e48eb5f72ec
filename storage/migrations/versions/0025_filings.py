"""Requests that a referrer filed for a family"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "filing",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("family_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("permission", sa.String(), nullable=False),
        sa.Column("permitted_on", sa.Date(), nullable=False),
        sa.Column("wants_feedback", sa.Boolean(), nullable=False),
        sa.Column("typed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"]),
        sa.ForeignKeyConstraint(["family_id"], ["family.id"]),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"]),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_filing_family_id", "filing", ["family_id"])
    op.create_index("ix_filing_staff_id", "filing", ["staff_id"])


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
