"""The first schema"""

import sqlalchemy as sa
from alembic import op

from storage.models import UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("offset", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("blind", sa.String(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("opted_out", sa.Boolean(), nullable=False),
        sa.Column("cannot_text", sa.String(), nullable=False),
        sa.Column("last_inbound_at", UtcTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("blind"),
    )
    op.create_table(
        "desk",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("settings", sa.String(), nullable=False),
        sa.Column("created_at", UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "family",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=True),
        sa.Column("joined_to", sa.String(), nullable=True),
        sa.Column("created_at", UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["joined_to"],
            ["family.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "form_text",
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", UtcTime(timezone=True), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "seen",
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", UtcTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("provider", "kind", "id"),
    )
    op.create_index(op.f("ix_seen_at"), "seen", ["at"], unique=False)
    op.create_table(
        "staff",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=False),
        sa.Column("totp", sa.LargeBinary(), nullable=True),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", UtcTime(timezone=True), nullable=True),
        sa.Column("invitation", sa.String(), nullable=False),
        sa.Column("invited_until", UtcTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("username"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(timezone=True), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id"],
            ["desk.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "contact_family",
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("family_id", sa.String(), nullable=False),
        sa.Column("since", UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.ForeignKeyConstraint(
            ["family_id"],
            ["family.id"],
        ),
        sa.PrimaryKeyConstraint("contact_id", "family_id"),
    )
    op.create_index(op.f("ix_contact_family_family_id"), "contact_family", ["family_id"], unique=False)
    op.create_table(
        "conversation",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("family_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("our_number", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("form", sa.String(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("asking", sa.String(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("need", sa.Integer(), nullable=False),
        sa.Column("waiting_since", UtcTime(timezone=True), nullable=True),
        sa.Column("waiting_why", sa.String(), nullable=False),
        sa.Column("last_inbound_at", UtcTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.String(), nullable=True),
        sa.Column("claimed_until", UtcTime(timezone=True), nullable=True),
        sa.Column("opened_at", UtcTime(timezone=True), nullable=False),
        sa.Column("closed_at", UtcTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["claimed_by"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contact.id"],
        ),
        sa.ForeignKeyConstraint(
            ["desk_id"],
            ["desk.id"],
        ),
        sa.ForeignKeyConstraint(
            ["family_id"],
            ["family.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("conversation_queue", "conversation", ["desk_id", "status", "waiting_since"], unique=False)
    op.create_index("conversation_silent", "conversation", ["status", "last_inbound_at"], unique=False)
    op.create_index(op.f("ix_conversation_contact_id"), "conversation", ["contact_id"], unique=False)
    op.create_index(
        "one_open_conversation",
        "conversation",
        ["family_id"],
        unique=True,
        sqlite_where=sa.text("status <> 'closed'"),
        postgresql_where=sa.text("status <> 'closed'"),
    )
    op.create_table(
        "desk_number",
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id"],
            ["desk.id"],
        ),
        sa.PrimaryKeyConstraint("number", "channel"),
    )
    op.create_table(
        "desk_postcode",
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id"],
            ["desk.id"],
        ),
        sa.PrimaryKeyConstraint("postcode"),
    )
    op.create_index(op.f("ix_desk_postcode_desk_id"), "desk_postcode", ["desk_id"], unique=False)
    op.create_table(
        "fact",
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id"],
            ["desk.id"],
        ),
        sa.PrimaryKeyConstraint("desk_id", "day", "language", "channel", "key", "event"),
    )
    op.create_table(
        "staff_desk",
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["desk_id"],
            ["desk.id"],
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("staff_id", "desk_id"),
    )
    op.create_table(
        "staff_session",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("staff_id", sa.String(), nullable=False),
        sa.Column("until", UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["staff_id"],
            ["staff.id"],
        ),
        sa.PrimaryKeyConstraint("token"),
    )
    op.create_index(op.f("ix_staff_session_staff_id"), "staff_session", ["staff_id"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("family_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(timezone=True), nullable=False),
        sa.Column("due_at", UtcTime(timezone=True), nullable=True),
        sa.Column("lease_until", UtcTime(timezone=True), nullable=True),
        sa.Column("author", sa.String(), nullable=True),
        sa.Column("prompts", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["author"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["desk_id"],
            ["desk.id"],
        ),
        sa.ForeignKeyConstraint(
            ["family_id"],
            ["family.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "outbox",
        "message",
        ["status", "due_at"],
        unique=False,
        sqlite_where=sa.text("status in ('queued', 'sending', 'unknown')"),
        postgresql_where=sa.text("status in ('queued', 'sending', 'unknown')"),
    )
    op.create_index("provider_message", "message", ["provider", "provider_id"], unique=False)
    op.create_index("timeline", "message", ["conversation_id", "id"], unique=False)
    op.create_table(
        "registration",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("external_reference", sa.String(), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("family_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("child", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("counted_in", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("start", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("birth_quarter", sa.String(), nullable=False),
        sa.Column("birth_blind", sa.String(), nullable=False),
        sa.Column("answers", sa.LargeBinary(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=True),
        sa.Column("extended", sa.Boolean(), nullable=True),
        sa.Column("priority", sa.Boolean(), nullable=True),
        sa.Column("vulnerable", sa.Boolean(), nullable=True),
        sa.Column("urgent_override", sa.Boolean(), nullable=True),
        sa.Column("extended_override", sa.Boolean(), nullable=True),
        sa.Column("priority_override", sa.Boolean(), nullable=True),
        sa.Column("vulnerable_override", sa.Boolean(), nullable=True),
        sa.Column("care_need", sa.LargeBinary(), nullable=True),
        sa.Column("rules", sa.String(), nullable=False),
        sa.Column("rules_hash", sa.String(), nullable=False),
        sa.Column("because", sa.LargeBinary(), nullable=True),
        sa.Column("same_as", sa.String(), nullable=True),
        sa.Column("first_reply_at", UtcTime(timezone=True), nullable=True),
        sa.Column("created_at", UtcTime(timezone=True), nullable=False),
        sa.Column("updated_at", UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["desk_id"],
            ["desk.id"],
        ),
        sa.ForeignKeyConstraint(
            ["family_id"],
            ["family.id"],
        ),
        sa.ForeignKeyConstraint(
            ["same_as"],
            ["registration.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("conversation_id", "child"),
        sa.UniqueConstraint("reference"),
    )
    op.create_index(op.f("ix_registration_birth_blind"), "registration", ["birth_blind"], unique=False)
    op.create_index(op.f("ix_registration_family_id"), "registration", ["family_id"], unique=False)
    op.create_index("registration_year", "registration", ["desk_id", "asked_on"], unique=False)
    op.create_table(
        "timer",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("conversation_id", sa.String(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("due_at", UtcTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["desk_id"],
            ["desk.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_timer_conversation_id"), "timer", ["conversation_id"], unique=False)
    op.create_index(op.f("ix_timer_due_at"), "timer", ["due_at"], unique=False)
    op.create_table(
        "outcome",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("desk_id", sa.String(), nullable=False),
        sa.Column("registration_id", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("recorded_at", UtcTime(timezone=True), nullable=False),
        sa.Column("author", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["author"],
            ["staff.id"],
        ),
        sa.ForeignKeyConstraint(
            ["desk_id"],
            ["desk.id"],
        ),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registration.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_outcome_registration_id"), "outcome", ["registration_id"], unique=False)


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
