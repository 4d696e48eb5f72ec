"""What translators propose for the texts that families receive, and who read it. Nothing of a family, of no desk."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from storage.models.columns import Kept, row_id, time


class Suggestion(Kept, table=True):
    """Other words for one text in one language. Never changed but for the decision; the newest counts."""

    __table_args__ = (UniqueConstraint("language", "key", "follows"),)  # two at once: the second sees the first
    id: str = row_id()
    language: str
    key: str
    follows: str = ""  # the one that stood there when this was written
    dutch: str  # what it translates
    texts: str  # JSON: one for each form that the language has
    author: str | None = Field(default=None, foreign_key="staff.id")  # None: the words that came with the service
    at: datetime = time()
    decision: str = ""  # approved, native (by somebody who grew up with the language), dropped
    decided_by: str | None = Field(default=None, foreign_key="staff.id")
    decided_at: datetime | None = time(default=None)
