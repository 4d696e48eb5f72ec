"""What could not be opened or read while something was due with it."""

from datetime import datetime

from sqlmodel import Field

from storage.models.columns import Kept, time


class Damaged(Kept, table=True):
    """A row that is left alone until somebody has looked at it, or a worker starts anew."""

    what: str = Field(primary_key=True)  # conversation, timer, registration, …
    row_id: str = Field(primary_key=True)
    at: datetime = time()
