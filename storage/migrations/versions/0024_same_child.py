"""Children of about one age, desk by desk"""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_registration_birth_blind", table_name="registration")
    op.create_index("registration_birth", "registration", ["desk_id", "birth_blind"])


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
