"""What happens to a request after it was asked: whether childcare was found, and to which places a family was sent."""

from datetime import datetime

from sqlmodel import Field, SQLModel

from storage.models.columns import row_id, time


class FollowUp(SQLModel, table=True):
    """The family was asked whether it found childcare; or could not be, and why it was not."""

    __tablename__ = "follow_up"
    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    registration_id: str = Field(foreign_key="registration.id", index=True)
    kind: str  # written, call (a colleague calls), nobody (may not be asked)
    at: datetime = time()
    code: str = ""  # what was answered: found, seeking, otherwise, not_needed
    answered_at: datetime | None = time(default=None)
