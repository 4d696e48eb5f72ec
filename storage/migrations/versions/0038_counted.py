"""All that a yearly count looks at stands in two indexes, side by side"""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None
_FLAGS = ("urgent", "extended", "priority", "vulnerable")
_REQUEST = (
    "desk_id", "asked_on", "state", "source", "counted_in", "created_at", "start", "rules", *_FLAGS,
    *(f"{flag}_override" for flag in _FLAGS), "first_reply_at", "care_need", "id",
)  # fmt: skip
_OUTCOME = ("desk_id", "registration_id", "since", "recorded_at", "id", "code", "reason", "sealed_reason")


def upgrade() -> None:
    op.drop_index("registration_year", "registration")
    op.create_index("registration_counted", "registration", _REQUEST)
    op.create_index("outcome_counted", "outcome", _OUTCOME)


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
