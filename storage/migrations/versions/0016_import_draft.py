"""Lists that somebody looks at before they are taken"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_draft",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("is_rest", sa.Boolean(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_import_draft_staff_id", "import_draft", ["staff_id"])
    op.create_index("ix_import_draft_at", "import_draft", ["at"])


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
