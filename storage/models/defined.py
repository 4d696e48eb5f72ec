"""What a desk itself calls unanswered."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from storage.models.columns import Kept, row_id, time


class OwnDefinition(Kept, table=True):
    """One version of a desk's own definition. None is ever changed: reports that used it can be had again."""

    __tablename__ = "own_definition"
    __table_args__ = (UniqueConstraint("name", "version"),)
    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id", index=True)
    name: str  # what it is called by; of one desk, and of no other one
    version: int
    content: str  # JSON: a colleague's words about counting, nothing of families
    author: str = Field(foreign_key="staff.id")
    at: datetime = time()
