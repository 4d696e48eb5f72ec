"""On PostgreSQL the timeline lies in sixteen parts, by desk

A table cannot be divided where it stands: its rows are copied, in this one transaction, while everything that reads or
writes it waits.
"""

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None
_PARTS = 16
_POINTS_TO = (
    ("message_desk_id_fkey", "desk_id", "desk"),
    ("message_family_id_fkey", "family_id", "family"),
    ("message_conversation_id_fkey", "conversation_id", "conversation"),
    ("message_contact", "contact_id", "contact"),
    ("message_author_fkey", "author", "staff"),
)
_INDEXES = (
    "timeline on message (conversation_id, id)",
    "message_family on message (family_id)",
    "message_contact on message (contact_id)",
    "outbox on message (status, due_at) where status in ('queued', 'sending', 'unknown')",
    "provider_message on message (provider, provider_id)",
    "message_failed on message (id) where status = 'failed'",
    "message_wordy on message (conversation_id) where body is not null",
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    # All at once and first: nothing is written beside the copy, and nobody waits for us who holds what we ask for later.
    op.execute("lock table desk, staff, contact, family, conversation, message in access exclusive mode")
    op.execute("alter table message rename to message_whole")
    op.execute("create table message (like message_whole) partition by hash (desk_id)")
    for part in range(_PARTS):
        rows = f"with (modulus {_PARTS}, remainder {part})"
        op.execute(f"create table message_{part:02} partition of message for values {rows}")
    op.execute("insert into message select * from message_whole")
    op.execute("drop table message_whole")
    op.execute("alter table message add primary key (id, desk_id)")  # of a table in parts it must hold what divides it
    for index in _INDEXES:
        op.execute(f"create index {index}")
    for name, column, target in _POINTS_TO:
        op.create_foreign_key(name, "message", target, [column], ["id"])
    op.execute("analyze message")  # nobody else does that for a table in parts


def downgrade() -> None:
    raise SystemError("restore the backup: a schema only goes forward")
