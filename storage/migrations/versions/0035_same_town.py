"""Who may be the same child is looked up by town as well"""

from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("registration_birth", "registration")
    op.create_index("registration_birth", "registration", ["desk_id", "birth_blind", "postcode"])


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
