"""The calls we owe families, and the interpreters who help with them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, func, or_, select

from flows.engine.turn import BRUSSELS
from storage.ids import new_id
from storage.keys import Keys
from storage.models import CallAttempt, CallBack, Contact, Conversation, Family, Interpreter

OTHER_WAY = 3  # failed attempts on different half-days after which another way is proposed
FAILED = ("no_answer", "busy", "wrong_number", "failed")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A family to be called, opened for the desk's list. `held`: rows that opening its conversation finds read."""

    row: CallBack
    conversation: Conversation
    number: str
    attempts: tuple[CallAttempt, ...]
    held: tuple[Contact, Family]

    @property
    def needs_another_way(self) -> bool:
        """Whether so many attempts failed on different half-days that calling is no way to this family."""
        tried = (each.at.astimezone(BRUSSELS) for each in self.attempts if each.outcome in FAILED)
        halves = {(each.date(), each.hour < 12) for each in tried}
        return len(halves) >= OTHER_WAY


def ask(session: Session, desk_id: str, conversation_id: str, reason: str, due_at: datetime, at: datetime) -> str:
    """A family is to be called, not before `due_at`. What it was to be called for already stays."""
    found = _open(session, conversation_id)
    if found is None:
        found = CallBack(
            id=new_id(at), desk_id=desk_id, conversation_id=conversation_id, reason=reason, asked_at=at, due_at=due_at
        )
    elif found.reason in ("missed", "dropped"):
        found.reason, found.due_at = reason, due_at
    session.add(found)
    session.flush()
    return found.id


def settle(session: Session, conversation_id: str, reasons: tuple[str, ...] = ()) -> None:
    """Nobody has to call any more; with `reasons`: only if it was for one of these."""
    found = _open(session, conversation_id)
    if found is not None and (not reasons or found.reason in reasons):
        found.status = "done"
        session.add(found)


def wanted(session: Session, keys: Keys, desk_ids: frozenset[str], limit: int = 200) -> list[Wanted]:
    """The list, earliest first; what was promised with an interpreter at its time."""
    statement = (
        select(CallBack)
        .where(col(CallBack.desk_id).in_(desk_ids), CallBack.status == "open")
        .order_by(func.coalesce(col(CallBack.booked_at), col(CallBack.due_at)))
        .limit(limit)
    )
    rows = session.exec(statement).all()
    read = _together(session, [row.conversation_id for row in rows])
    tried = defaultdict[str, list[CallAttempt]](list)
    attempts = select(CallAttempt).where(col(CallAttempt.call_back_id).in_([row.id for row in rows]))
    for each in session.exec(attempts.order_by(col(CallAttempt.id))):
        tried[each.call_back_id].append(each)
    return [_wanted(keys, row, *read[row.conversation_id], tried[row.id]) for row in rows]


def _together(session: Session, conversation_ids: Sequence[str]) -> dict[str, tuple[Conversation, Contact, Family]]:
    """Conversations with their contacts and families, all in one query."""
    statement = (
        select(Conversation, Contact, Family)
        .join(Contact, col(Contact.id) == Conversation.contact_id)
        .join(Family, col(Family.id) == Conversation.family_id)
        .where(col(Conversation.id).in_(conversation_ids))
    )
    return {
        conversation.id: (conversation, contact, family) for conversation, contact, family in session.exec(statement)
    }


def get(session: Session, keys: Keys, call_back_id: str, desk_ids: frozenset[str] | None) -> Wanted | None:
    """One of these desks' (None: any), locked."""
    row = session.get(CallBack, call_back_id, with_for_update=True)
    if row is None or (desk_ids is not None and row.desk_id not in desk_ids):
        return None
    read = _together(session, [row.conversation_id])
    return _wanted(keys, row, *read[row.conversation_id], _tried(session, row.id))


def attempt(session: Session, row: CallBack, outcome: str, author: str | None, next_at: datetime, at: datetime) -> None:
    """A try, and when the next one is due. Whoever was reached is called."""
    session.add(
        CallAttempt(id=new_id(at), desk_id=row.desk_id, call_back_id=row.id, outcome=outcome, author=author, at=at)
    )
    if outcome == "reached":
        row.status = "done"
    else:
        row.due_at, row.booked_at, row.interpreter_id = next_at, None, None
    session.add(row)
    session.flush()


def book(session: Session, row: CallBack, interpreter_id: str, booked_at: datetime) -> None:
    row.interpreter_id, row.booked_at = interpreter_id, booked_at
    session.add(row)


def is_owed(session: Session, conversation_id: str) -> bool:
    """Whether somebody is to call this family."""
    statement = select(CallBack.id).where(CallBack.conversation_id == conversation_id, CallBack.status == "open")
    return session.exec(statement.limit(1)).first() is not None


def was_owed(session: Session, conversation_id: str) -> bool:
    """Whether this family was to be called at all, be it done or not."""
    statement = select(CallBack.id).where(CallBack.conversation_id == conversation_id)
    return session.exec(statement.limit(1)).first() is not None


def count(session: Session, desk_ids: frozenset[str]) -> int:
    statement = select(func.count()).where(col(CallBack.desk_id).in_(desk_ids), CallBack.status == "open")
    return session.exec(statement).one()


def untold(session: Session, desk_id: str, now: datetime) -> list[CallBack]:
    """Calls that are due, of whose day no mail went out yet; locked."""
    told, due = col(CallBack.mailed_due), func.coalesce(CallBack.booked_at, CallBack.due_at)
    statement = select(CallBack).where(
        CallBack.desk_id == desk_id, CallBack.status == "open", due <= now, or_(told.is_(None), told != due)
    )
    return list(session.exec(statement.with_for_update(skip_locked=True)))


def _open(session: Session, conversation_id: str) -> CallBack | None:
    statement = select(CallBack).where(CallBack.conversation_id == conversation_id, CallBack.status == "open")
    return session.exec(statement.with_for_update()).first()


def _tried(session: Session, call_back_id: str) -> Sequence[CallAttempt]:
    statement = select(CallAttempt).where(CallAttempt.call_back_id == call_back_id)
    return session.exec(statement.order_by(col(CallAttempt.id))).all()


def _wanted(
    keys: Keys,
    row: CallBack,
    conversation: Conversation,
    contact: Contact,
    family: Family,
    tried: Sequence[CallAttempt],
) -> Wanted:
    number = keys.open(keys.installation, "contact", "address", contact.id, contact.address)
    return Wanted(row, conversation, number, tuple(tried), (contact, family))


# --- Interpreters ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Interprets:
    """An interpreter, opened."""

    id: str
    desk_id: str
    language: str
    name: str
    number: str


def add_interpreter(
    session: Session, keys: Keys, desk_id: str, desk_key: bytes, language: str, name: str, number: str, at: datetime
) -> str:
    id_ = new_id(at)
    session.add(
        Interpreter(
            id=id_, desk_id=desk_id, language=language,
            name=keys.seal(desk_key, "interpreter", "name", id_, name),
            number=keys.seal(desk_key, "interpreter", "number", id_, number),
        )
    )  # fmt: skip
    session.flush()
    return id_


def remove_interpreter(session: Session, interpreter_id: str, desk_ids: frozenset[str]) -> bool:
    """Bookings keep it; nobody can choose it any more."""
    row = session.get(Interpreter, interpreter_id)
    if row is None or row.desk_id not in desk_ids:
        return False
    row.removed = True
    session.add(row)
    return True


def interpreters(session: Session, keys: Keys, desk_keys: dict[str, bytes]) -> list[Interprets]:
    """Those of these desks (id -> wrapped key), by language."""
    statement = (
        select(Interpreter)
        .where(col(Interpreter.desk_id).in_(desk_keys), col(Interpreter.removed).is_(False))
        .order_by(col(Interpreter.language), col(Interpreter.id))
    )
    return [
        Interprets(
            row.id, row.desk_id, row.language,
            keys.open(desk_keys[row.desk_id], "interpreter", "name", row.id, row.name),
            keys.open(desk_keys[row.desk_id], "interpreter", "number", row.id, row.number),
        )
        for row in session.exec(statement)
    ]  # fmt: skip
