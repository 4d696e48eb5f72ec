"""What happens to a request after it was asked: whether childcare was found, and to which places a family was sent."""

from datetime import date, datetime

from sqlmodel import Field

from storage.models.columns import Kept, row_id, sealed, time


class FollowUp(Kept, table=True):
    """The family was asked whether it found childcare; or could not be, and why it was not."""

    __tablename__ = "follow_up"
    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    registration_id: str = Field(foreign_key="registration.id", index=True)
    kind: str  # written, call (a colleague calls), nobody (may not be asked)
    at: datetime = time()
    code: str = ""  # what was answered: found, seeking, otherwise, not_needed
    answered_at: datetime | None = time(default=None)


class Referral(Kept, table=True):
    """A colleague sent the family to a childcare place, which is to answer it by a day. Its name is sealed."""

    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    family_id: str = Field(foreign_key="family.id", index=True)
    registration_id: str = Field(foreign_key="registration.id", index=True)
    name: bytes = sealed()
    sent_on: date
    answer_by: date = Field(index=True)
    state: str = "sent"  # sent, asked (the family, for the answer), place, full, no_answer
    author: str = Field(foreign_key="staff.id")
    at: datetime = time()
    settled_at: datetime | None = time(default=None)
