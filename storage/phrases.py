"""Where a desk's phrases are kept: never changed, each change is a version; what was sent is found by its version."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from storage.ids import new_id
from storage.models import Phrase, PhraseText

DUTCH = "nl"


def of_desk(session: Session, desk_id: str) -> list[Phrase]:
    """Every phrase that this desk made or changed, also those it retired, the oldest first."""
    return list(session.exec(select(Phrase).where(Phrase.desk_id == desk_id).order_by(col(Phrase.id))))


def newest(session: Session, phrase_ids: Collection[str]) -> dict[str, dict[str, PhraseText]]:
    """The words that count now: phrase -> language -> text."""
    found: dict[str, dict[str, PhraseText]] = {}
    statement = select(PhraseText).where(col(PhraseText.phrase_id).in_(phrase_ids)).order_by(col(PhraseText.id))
    for row in session.exec(statement) if phrase_ids else ():
        found.setdefault(row.phrase_id, {})[row.language] = row
    return found


def versions(session: Session, phrase_id: str) -> list[PhraseText]:
    """Everything it ever said, the newest first."""
    statement = select(PhraseText).where(PhraseText.phrase_id == phrase_id)
    return list(session.exec(statement.order_by(col(PhraseText.id).desc())))


def said(session: Session, text_ids: Iterable[str]) -> dict[str, str]:
    """The Dutch of versions that were sent, by their ids: whatever became of the phrase since."""
    wanted = set(text_ids)
    statement = select(PhraseText.id, PhraseText.text).where(col(PhraseText.id).in_(wanted))
    return dict(session.exec(statement).all()) if wanted else {}


def locked(session: Session, desk_id: str, key: str) -> Phrase | None:
    """The row of a phrase at this desk, for a change."""
    statement = select(Phrase).where(Phrase.desk_id == desk_id, Phrase.key == key)
    return session.exec(statement.with_for_update()).first()


def add(session: Session, desk_id: str, key: str, at: datetime) -> Phrase:
    """`key`: "" for one of the desk's own."""
    id_ = new_id(at)
    row = Phrase(id=id_, desk_id=desk_id, key=key or f"own.{id_}", created_at=at)
    session.add(row)
    session.flush()
    return row


def write(
    session: Session, row: Phrase, language: str, text: str, author: str, at: datetime, *, hint: str = "",
    dutch_id: str | None = None,
) -> PhraseText:  # fmt: skip
    """Another version of its words."""
    version = PhraseText(
        id=new_id(at), desk_id=row.desk_id, phrase_id=row.id, language=language, text=text, hint=hint,
        dutch_id=dutch_id, author=author, at=at,
    )  # fmt: skip
    session.add(version)
    session.flush()
    return version


def review(session: Session, version: PhraseText, by: str, at: datetime) -> None:
    version.reviewed_by, version.reviewed_at = by, at
    session.add(version)


def retire(session: Session, row: Phrase, at: datetime | None) -> None:
    """No longer offered; None: offered again."""
    row.retired_at = at
    session.add(row)
    session.flush()
