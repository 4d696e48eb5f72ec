"""Mails to colleagues and organisers on their way, and which of them a colleague wants. Families get none."""

from datetime import datetime

from sqlmodel import Field

from storage.models.columns import Kept, partial, row_id, sealed, time


class Mail(Kept, table=True):
    """To whom it goes and what it says are sealed with the installation's key, and go as soon as it was sent."""

    __table_args__ = (partial("mail_due", "due_at", where="status in ('queued', 'sending')"),)
    id: str = row_id()
    kind: str  # link, confirm, digest, urgent, organiser
    status: str = "queued"  # queued, sending, sent; unknown (it may have arrived), failed
    error: str = ""
    attempts: int = 0
    at: datetime = time()
    due_at: datetime = time()  # while it is being sent: until when the sender has it for itself
    until: datetime = time()  # then it is of no use any more
    content: bytes | None = sealed(default=None)


class StaffMail(Kept, table=True):
    """Where a colleague gets mail, sealed with the installation's key; used once they pressed the link in a mail."""

    __tablename__ = "staff_mail"
    staff_id: str = Field(primary_key=True, foreign_key="staff.id")
    address: bytes = sealed()
    token: str = ""  # hash of the link in the mail that asks
    token_until: datetime | None = time(default=None)
    confirmed_at: datetime | None = time(default=None)


class MailWish(Kept, table=True):
    """Of what a colleague is told about a desk: nothing, by an overview at fixed hours, at once."""

    __tablename__ = "mail_wish"
    staff_id: str = Field(primary_key=True, foreign_key="staff.id")
    desk_id: str = Field(primary_key=True, foreign_key="desk.id")
    digest: str = ""  # "", once, twice (a day)
    at_once: bool = False
    digested_at: datetime = time()  # no overview of an hour before this
