"""Sessions that are seen and proven, guesses that are counted where they come from, changes with before and after"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("delete from staff_session")  # everybody signs in once more
    with op.batch_alter_table("staff_session") as session:
        session.add_column(sa.Column("device", sa.String(), nullable=False))
        for name in ("since", "seen_at", "proven_at"):
            session.add_column(sa.Column(name, UtcTime(), nullable=False))
    with op.batch_alter_table("staff") as staff:
        staff.add_column(sa.Column("language", sa.String(), nullable=False, server_default=""))
        staff.add_column(sa.Column("subject", sa.String(), nullable=True))
        staff.create_unique_constraint("staff_subject_key", ["subject"])
        staff.drop_column("failures")
        staff.drop_column("locked_until")
    with op.batch_alter_table("staff") as staff:  # after the rows that are there have a value
        staff.alter_column("language", server_default=None)
    with op.batch_alter_table("audit") as audit:
        for name in ("before", "after"):
            audit.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
    with op.batch_alter_table("audit") as audit:
        for name in ("before", "after"):
            audit.alter_column(name, server_default=None)
    op.create_index("ix_audit_about", "audit", ["about"])
    op.create_table(
        "staff_device",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("until", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"]),
        sa.PrimaryKeyConstraint("token"),
    )
    op.create_index("ix_staff_device_staff_id", "staff_device", ["staff_id"])
    op.create_table(
        "sign_in_attempt",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_index("ix_sign_in_attempt_last_at", "sign_in_attempt", ["last_at"])


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
