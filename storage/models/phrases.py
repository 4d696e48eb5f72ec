"""The vetted phrases of a desk, each version of their words, and who read the translations. Nothing personal."""

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field

from storage.models.columns import Kept, row_id, time


class Phrase(Kept, table=True):
    """A phrase of a desk, or what it made of one that comes with the service (`key`: its key there)."""

    __table_args__ = (UniqueConstraint("desk_id", "key"),)
    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    key: str
    dutch_too: bool = True  # goes out in Dutch where there is no translation; else not at all
    retired_at: datetime | None = time(default=None)
    created_at: datetime = time()


class PhraseText(Kept, table=True):
    """One version of its words in one language; the newest counts, older ones are what was sent then."""

    __tablename__ = "phrase_text"
    __table_args__ = (Index("phrase_texts", "phrase_id", "language", "id"),)
    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    phrase_id: str = Field(foreign_key="phrase.id")
    language: str
    text: str
    hint: str = ""  # when to use it; beside the Dutch
    dutch_id: str | None = Field(default=None, foreign_key="phrase_text.id")  # what it translates; None: the Dutch
    author: str = Field(foreign_key="staff.id")
    at: datetime = time()
    reviewed_by: str | None = Field(default=None, foreign_key="staff.id")
    reviewed_at: datetime | None = time(default=None)
