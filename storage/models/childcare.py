"""Childcare in the towns of a desk, as a list that the desk imported."""

from datetime import datetime

from sqlmodel import Field

from storage.models.columns import Kept, row_id, time


class Childcare(Kept, table=True):
    """One place of the list. In clear: an organiser makes all of this known itself, and it is told to who asks."""

    id: str = row_id()
    desk_id: str = Field(foreign_key="desk.id", index=True)
    name: str
    address: str
    postcode: str
    town: str
    phone: str  # as the desk wrote it, or ""
    kind: str  # group, family (a childminder), or "": not said
    price: str  # income (by what a family earns), free (the place sets it), or "": not said
    taken_at: datetime = time()
