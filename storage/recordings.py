"""What callers said: fetched from the provider, sealed, and deleted where it was made."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select

from storage.ids import new_id
from storage.keys import Keys
from storage.models import Family, Recording
from storage.turns import Thread

_AGAIN = timedelta(minutes=1)
_LONGEST = _AGAIN * 2**6
_MOST_FETCHES = 8


@dataclass(frozen=True, slots=True)
class Due:
    """A recording to fetch, or to delete where it was made. `is_fetched`: only the deleting is left."""

    id: str
    provider: str
    provider_id: str
    attempts: int
    is_fetched: bool


def record(session: Session, thread: Thread, provider_id: str, seconds: int, at: datetime) -> str:
    """A recording to be fetched; once, however often it is told. Its id here."""
    found = session.exec(
        select(Recording).where(Recording.provider == thread.provider, Recording.provider_id == provider_id)
    ).first()
    if found is None:
        found = Recording(
            id=new_id(at), desk_id=thread.desk_id, family_id=thread.family_id,
            conversation_id=thread.conversation_id, provider=thread.provider, provider_id=provider_id,
            seconds=seconds, at=at, due_at=at,
        )  # fmt: skip
        session.add(found)
        session.flush()
    return found.id


def due(session: Session, now: datetime, limit: int = 20) -> list[Due]:
    """Take what is due; nobody else tries it within the next minute."""
    statement = (
        select(Recording)
        .where(
            col(Recording.status).in_(("waiting", "fetched")),
            or_(
                col(Recording.due_at) <= now, col(Recording.due_at) > now + 2 * _LONGEST
            ),  # the clock was set back since
        )
        .order_by(col(Recording.due_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = list(session.exec(statement))
    for row in found:
        row.attempts += 1
        row.due_at = now + _AGAIN * 2 ** min(row.attempts, 6)
        session.add(row)
    return [Due(row.id, row.provider, row.provider_id, row.attempts, row.status == "fetched") for row in found]


def fetched(session: Session, keys: Keys, recording_id: str, sound: bytes, media_type: str) -> None:
    """Sealed here; it is still to be deleted at the provider."""
    row = session.get_one(Recording, recording_id)
    family = session.get_one(Family, row.family_id)
    if family.key is not None:
        row.sound = keys.seal_bytes(family.key, "recording", "sound", row.id, sound)
    row.status, row.media_type, row.attempts, row.due_at = "fetched", media_type, 0, row.at
    session.add(row)


def deleted(session: Session, recording_id: str) -> None:
    """Gone at the provider."""
    row = session.get_one(Recording, recording_id)
    row.status = "kept"
    session.add(row)


def lost(session: Session, recording_id: str) -> None:
    """The provider does not have it, or what it has is no sound."""
    row = session.get_one(Recording, recording_id)
    row.status = "lost"
    session.add(row)


def gives_up(due: Due) -> bool:
    return due.attempts >= _MOST_FETCHES


def sound(session: Session, keys: Keys, desk_ids: frozenset[str], recording_id: str) -> tuple[bytes, str] | None:
    """The sound and its media type; None when it is not there (yet) or another desk's."""
    row = session.get(Recording, recording_id)
    if row is None or row.desk_id not in desk_ids or row.sound is None:
        return None
    family = session.get_one(Family, row.family_id)
    if family.key is None:
        return None
    return keys.open_bytes(family.key, "recording", "sound", row.id, row.sound), row.media_type


def of_conversation(session: Session, conversation_id: str) -> dict[str, Recording]:
    """All recordings of a conversation, by their id here."""
    found = session.exec(select(Recording).where(Recording.conversation_id == conversation_id))
    return {row.id: row for row in found}
