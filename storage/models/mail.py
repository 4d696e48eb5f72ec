"""Mails to colleagues and organisers on their way. Families get none."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import SQLModel

from storage.models.columns import row_id, sealed, time


class Mail(SQLModel, table=True):
    """To whom it goes and what it says are sealed with the installation's key, and go as soon as it was sent."""

    __table_args__ = (
        Index(
            "mail_due",
            "due_at",
            sqlite_where=text("status in ('queued', 'sending')"),
            postgresql_where=text("status in ('queued', 'sending')"),
        ),
    )
    id: str = row_id()
    kind: str  # link, confirm, digest, urgent, organiser
    status: str = "queued"  # queued, sending, sent; unknown (it may have arrived), failed
    error: str = ""
    attempts: int = 0
    at: datetime = time()
    due_at: datetime = time()  # while it is being sent: until when the sender has it for itself
    until: datetime = time()  # then it is of no use any more
    content: bytes | None = sealed(default=None)
