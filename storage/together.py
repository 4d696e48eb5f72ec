"""Who looks at a conversation and who types, what somebody was about to write, who is asked to look."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col, select

from storage import leases
from storage.ids import new_id
from storage.keys import Keys
from storage.models import Mention, Presence, ReplyDraft, Staff
from storage.turns import Thread

LOOKS = timedelta(seconds=75)  # a page says so every half minute
TYPES = timedelta(seconds=12)
MENTIONED, HANDED = "mentioned", "handed"


@dataclass(frozen=True, slots=True)
class Looks:
    """A colleague at the same conversation."""

    name: str
    types: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody asks a colleague to look. `author`: a staff id."""

    conversation_id: str
    staff_id: str
    author: str
    kind: str


def look(session: Session, thread: Thread, staff_id: str, now: datetime, *, types: bool) -> None:
    """This person has the conversation open."""
    key = (thread.conversation_id, staff_id)
    row = session.get(Presence, key) or Presence(
        conversation_id=thread.conversation_id, staff_id=staff_id, desk_id=thread.desk_id, until=now
    )
    row.until, row.typing_until = now + LOOKS, now + TYPES if types else None
    session.add(row)
    session.connection().execute(delete(Presence).where(col(Presence.until) < now - LOOKS))
    session.flush()


def look_away(session: Session, conversation_id: str, staff_id: str) -> None:
    session.connection().execute(
        delete(Presence).where(col(Presence.conversation_id) == conversation_id, col(Presence.staff_id) == staff_id)
    )


def looking(session: Session, conversation_id: str, but: str, now: datetime) -> list[Looks]:
    """The others who have it open, by name."""
    statement = (
        select(Presence, Staff.username)
        .join(Staff, col(Staff.id) == col(Presence.staff_id))
        .where(
            Presence.conversation_id == conversation_id,
            Presence.staff_id != but,
            leases.held(col(Presence.until), now, LOOKS),
        )
        .order_by(Staff.username)
    )
    return [Looks(name, types=leases.holds(row.typing_until, now, TYPES)) for row, name in session.exec(statement)]


def keep_draft(session: Session, keys: Keys, thread: Thread, staff_id: str, text: str, now: datetime) -> None:
    """What is being written; "" forgets it."""
    key = (thread.conversation_id, staff_id)
    row = session.get(ReplyDraft, key)
    if not text.strip():
        if row is not None:
            session.delete(row)
        return
    sealed = keys.seal(thread.key, "reply_draft", "text", ":".join(key), text)
    if row is None:
        row = ReplyDraft(
            conversation_id=key[0], staff_id=staff_id, desk_id=thread.desk_id, text=sealed, at=now
        )  # fmt: skip
    row.text, row.at = sealed, now
    session.add(row)
    session.flush()


def draft(session: Session, keys: Keys, family_key: bytes, conversation_id: str, staff_id: str) -> str:
    """What this person was writing there, "" when nothing."""
    row = session.get(ReplyDraft, (conversation_id, staff_id))
    if row is None:
        return ""
    return keys.open(family_key, "reply_draft", "text", f"{conversation_id}:{staff_id}", row.text)


def ask(session: Session, thread: Thread, staff_ids: Collection[str], author: str, kind: str, now: datetime) -> None:
    """These colleagues are to look; who was asked already is not asked twice."""
    known = {each.staff_id for each in asked(session, [thread.conversation_id]) if each.kind == kind}
    for staff_id in sorted(set(staff_ids) - known):
        session.add(
            Mention(
                id=new_id(now), desk_id=thread.desk_id, conversation_id=thread.conversation_id, staff_id=staff_id,
                author=author, kind=kind, at=now,
            )
        )  # fmt: skip
    session.flush()


def asked(session: Session, conversation_ids: Collection[str]) -> list[Asked]:
    """Who is still asked to look at these, the oldest first."""
    statement = (
        select(Mention).where(col(Mention.conversation_id).in_(conversation_ids)).order_by(col(Mention.id))
    )  # fmt: skip
    return [Asked(row.conversation_id, row.staff_id, row.author, row.kind) for row in session.exec(statement)]


def seen(session: Session, conversation_id: str, staff_id: str) -> None:
    """This person looked."""
    session.connection().execute(
        delete(Mention).where(col(Mention.conversation_id) == conversation_id, col(Mention.staff_id) == staff_id)
    )


def handed_no_more(session: Session, conversation_id: str) -> None:
    """Somebody else took it, or it was answered."""
    its = col(Mention.conversation_id) == conversation_id
    session.connection().execute(delete(Mention).where(its, col(Mention.kind) == HANDED))


def forget(session: Session, conversation_id: str) -> None:
    """It goes to another desk, whose people are others."""
    for model in (Presence, ReplyDraft, Mention):
        session.connection().execute(delete(model).where(col(model.conversation_id) == conversation_id))
