"""Counts that were made public, as they were."""

from datetime import datetime

from sqlmodel import Session, col, select

from storage.ids import new_id
from storage.models import Publication


def of_year(session: Session, year: int) -> list[Publication]:
    return list(session.exec(select(Publication).where(Publication.year == year).order_by(col(Publication.at))))


def keep(session: Session, year: int, desk_id: str | None, asked_as: str, content: str, at: datetime) -> None:
    session.add(Publication(id=new_id(at), year=year, desk_id=desk_id, asked_as=asked_as, content=content, at=at))
    session.flush()
