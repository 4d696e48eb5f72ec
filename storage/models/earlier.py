"""What a request counted as before something of it was changed."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from storage.models.columns import Kept, row_id, sealed, time


class Earlier(Kept, table=True):
    """Until when what counts of a request was otherwise, and how: a raw event, as an outcome is one.

    `desk_id`: the desk that had the request then; `author`: None where an answer of the family or a list changed it.
    """

    __table_args__ = (Index("earlier_desk", "desk_id", "at"),)
    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    registration_id: str = Field(foreign_key="registration.id", index=True)
    at: datetime = time(index=True)
    author: str | None = Field(default=None, foreign_key="staff.id")
    before: str  # JSON: the columns in clear that changed, as they were
    care_need: bytes | None = sealed(default=None)  # as it was, with the key of the desk that has the request
