"""Requests that a referrer (*toeleider*) filed for a family: a social worker, a midwife, a team of Kind en Gezin."""

from datetime import date, datetime

from sqlmodel import Field

from storage.models.columns import Kept, row_id, sealed, time


class Filing(Kept, table=True):
    """Who filed it, with what permission of the family, and whether the family wants them to hear what came of it."""

    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id")
    family_id: str = Field(foreign_key="family.id", index=True)
    conversation_id: str = Field(foreign_key="conversation.id", index=True)
    staff_id: str = Field(foreign_key="staff.id", index=True)
    at: datetime = time()
    permission: str  # how the family gave it, a code
    permitted_on: date
    wants_feedback: bool
    typed: bytes | None = sealed(default=None)  # what the form held: JSON, a template for the next
