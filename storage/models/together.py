"""Colleagues at work on the same conversations: who looks, what they were about to write, whom they ask."""

from datetime import datetime

from sqlmodel import Field

from storage.models.columns import Kept, row_id, sealed, time


class Presence(Kept, table=True):
    """Who has a conversation open, and whether they type: a lease that ends by itself."""

    conversation_id: str = Field(primary_key=True, foreign_key="conversation.id")
    staff_id: str = Field(primary_key=True, foreign_key="staff.id")
    desk_id: str = Field(foreign_key="desk.id")
    until: datetime = time(index=True)
    typing_until: datetime | None = time(default=None)


class ReplyDraft(Kept, table=True):
    """What somebody was writing to a family when the laptop closed. Sealed with the family's key."""

    __tablename__ = "reply_draft"
    conversation_id: str = Field(primary_key=True, foreign_key="conversation.id")
    staff_id: str = Field(primary_key=True, foreign_key="staff.id")
    desk_id: str = Field(foreign_key="desk.id")
    text: bytes = sealed()
    at: datetime = time()


class Mention(Kept, table=True):
    """A colleague is asked to look at a conversation, or it is handed to them; until they have."""

    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    conversation_id: str = Field(foreign_key="conversation.id", index=True)
    staff_id: str = Field(foreign_key="staff.id", index=True)
    author: str = Field(foreign_key="staff.id")
    kind: str  # mentioned, handed
    at: datetime = time()
