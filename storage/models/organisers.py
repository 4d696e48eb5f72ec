"""Organisers of childcare in the towns of a desk, who tell it of requests they had to refuse."""

from datetime import date, datetime

from sqlmodel import Field

from storage.models.columns import Kept, row_id, sealed, time


class Organiser(Kept, table=True):
    """Who it is and how to reach them are sealed with the desk's key; the code is known by a keyed index as well."""

    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id", index=True)
    postcode: str  # of the town where it is
    name: bytes = sealed()
    number: bytes = sealed()  # E.164, or ""
    email: bytes = sealed()
    code: bytes = sealed()
    code_blind: str = Field(unique=True)
    wants_reminders: bool = True  # by text message
    wants_mail: bool = False
    reminded_on: date | None = None
    conversation_id: str | None = Field(default=None, foreign_key="conversation.id")  # carries the reminders
    ended_at: datetime | None = time(default=None)


class OrganiserText(Kept, table=True):
    """An organiser tells of requests by text message: how far this address is, and where its messages stand."""

    __tablename__ = "organiser_text"
    contact_id: str = Field(primary_key=True, foreign_key="contact.id")
    desk_id: str = Field(foreign_key="desk.id")
    conversation_id: str = Field(foreign_key="conversation.id")
    about: str
    until: datetime = time(index=True)
