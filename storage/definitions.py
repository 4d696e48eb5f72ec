"""What desks themselves call unanswered: every version that ever was."""

from collections.abc import Collection
from datetime import datetime

from sqlmodel import Session, col, select

from storage.ids import new_id
from storage.models import OwnDefinition


def of_desks(session: Session, desk_ids: Collection[str]) -> list[OwnDefinition]:
    """All versions of theirs, by name, the newest of each first."""
    statement = (
        select(OwnDefinition)
        .where(col(OwnDefinition.desk_id).in_(desk_ids))
        .order_by(OwnDefinition.name, col(OwnDefinition.version).desc())
    )
    return list(session.exec(statement))


def newest(session: Session, name: str) -> OwnDefinition | None:
    """Of whatever desk, locked until the end of the transaction."""
    statement = (
        select(OwnDefinition)
        .where(OwnDefinition.name == name)
        .order_by(col(OwnDefinition.version).desc())
        .limit(1)
        .with_for_update()
    )
    return session.exec(statement).first()


def add(session: Session, desk_id: str, name: str, version: int, content: str, author: str, at: datetime) -> None:
    row = OwnDefinition(
        id=new_id(at), desk_id=desk_id, name=name, version=version, content=content, author=author, at=at
    )  # fmt: skip
    session.add(row)
    session.flush()
