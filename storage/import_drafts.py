"""Lists that somebody looks at before they are taken: sealed, for an hour, for nobody else."""

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col

from storage.ids import new_id
from storage.keys import Keys
from storage.models import ImportDraft

LIFE = timedelta(hours=1)


def keep(session: Session, keys: Keys, staff_id: str, content: bytes, now: datetime, *, is_rest: bool = False) -> str:
    """Its id. One person looks at one list: the one before goes."""
    session.connection().execute(delete(ImportDraft).where(col(ImportDraft.staff_id) == staff_id))
    id_ = new_id(now)
    sealed = keys.seal_bytes(keys.installation, "import_draft", "content", id_, content)
    session.add(ImportDraft(id=id_, staff_id=staff_id, is_rest=is_rest, at=now, content=sealed))
    session.flush()
    return id_


def get(
    session: Session, keys: Keys, id_: str, staff_id: str, now: datetime, *, is_rest: bool = False
) -> bytes | None:  # fmt: skip
    row = session.get(ImportDraft, id_)
    if row is None or row.staff_id != staff_id or row.is_rest != is_rest or row.at < now - LIFE:
        return None
    return keys.open_bytes(keys.installation, "import_draft", "content", id_, row.content)


def drop(session: Session, staff_id: str) -> None:
    session.connection().execute(delete(ImportDraft).where(col(ImportDraft.staff_id) == staff_id))


def prune(session: Session, now: datetime) -> None:
    session.connection().execute(delete(ImportDraft).where(col(ImportDraft.at) < now - LIFE))
