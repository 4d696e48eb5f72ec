"""Vetted phrases of a desk, in versions and languages"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "phrase",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("dutch_too", sa.Boolean(), nullable=False),
        sa.Column("retired_at", UtcTime(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("desk_id", "key"),
    )
    op.create_table(
        "phrase_text",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("phrase_id", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("dutch_id", sa.String(), nullable=True),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("reviewed_at", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"]),
        sa.ForeignKeyConstraint(["phrase_id"], ["phrase.id"]),
        sa.ForeignKeyConstraint(["dutch_id"], ["phrase_text.id"]),
        sa.ForeignKeyConstraint(["author"], ["staff.id"]),
        sa.ForeignKeyConstraint(["reviewed_by"], ["staff.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("phrase_texts", "phrase_text", ["phrase_id", "language", "id"])


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
