"""Files that come in and go out: lists that are looked at, exports that were given, the columns of a template."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from storage.models.columns import Kept, row_id, sealed, time


class KeptTemplate(Kept, table=True):
    """The mapping of the yearly counts onto somebody's template: headers and names of measures, for every desk."""

    __tablename__ = "kept_template"
    id: int = Field(default=1, primary_key=True)
    text: str


class ImportDraft(Kept, table=True):
    """A list that a coordinator looks at before it is taken, or its bad rows after. Gone after an hour."""

    __tablename__ = "import_draft"
    id: str = row_id()
    staff_id: str = Field(foreign_key="staff.id", index=True)
    is_rest: bool = False  # what was not taken, to be mended
    at: datetime = time(index=True)
    content: bytes = sealed()  # with the installation's key


class Export(Kept, table=True):
    """Requests with names that somebody was given as a file: who, when, how many; the file itself is not kept."""

    __table_args__ = (Index("export_of_desk", "desk_id", "kind", "until"),)
    id: str = row_id()
    kind: str  # year, new (since the last one)
    staff_id: str = Field(foreign_key="staff.id")
    desk_id: str = Field(foreign_key="desk.id")
    count: int
    ids: str = ""  # JSON: of the requests in an export of what is new, so that it can be had again
    hash: str = Field(default="", index=True)  # SHA-256 of the file
    until: datetime = time()  # what was kept up to then is in it
    at: datetime = time()
    finished_at: datetime | None = time(default=None)  # the download was really made
