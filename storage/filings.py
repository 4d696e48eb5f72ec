"""What referrers filed: each sees only their own, at desks that are theirs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from storage import registrations
from storage.ids import new_id
from storage.keys import Keys
from storage.models import Conversation, Family, Filing, Registration
from storage.staff import Person
from storage.turns import Thread

SOURCE = "referrer"  # of the registrations
_MOST = 200  # on one page


@dataclass(frozen=True, slots=True)
class Filed:
    """One request that a referrer filed, opened. `typed`: what the form held; `outcome`: a code, "open" without one."""

    row: Filing
    typed: Mapping[str, str]
    reference: str
    language: str
    status: str
    is_taken: bool
    outcome: str


def add(
    session: Session, keys: Keys, thread: Thread, staff_id: str, permission: str, permitted_on: date,
    typed: Mapping[str, str], at: datetime, *, wants_feedback: bool,
) -> Filing:  # fmt: skip
    """Kept with the family's key: who erases the family erases it."""
    row = Filing(
        id=new_id(at), desk_id=thread.desk_id, family_id=thread.family_id, conversation_id=thread.conversation_id,
        staff_id=staff_id, at=at, permission=permission, permitted_on=permitted_on, wants_feedback=wants_feedback,
    )  # fmt: skip
    family = session.get_one(Family, thread.family_id)
    assert family.key is not None
    row.typed = keys.seal(family.key, "filing", "typed", row.id, json.dumps(dict(typed), ensure_ascii=False))
    session.add(row)
    mine = update(Registration).where(col(Registration.conversation_id) == thread.conversation_id)
    session.connection().execute(mine.values(source=SOURCE))
    session.flush()
    session.expire_all()
    return row


def of_person(session: Session, keys: Keys, person: Person) -> list[Filed]:
    """The newest first."""
    statement = _mine(person).order_by(col(Filing.id).desc()).limit(_MOST)
    return [each for row in session.exec(statement) if (each := _opened(session, keys, row))]


def get(session: Session, keys: Keys, person: Person, id_: str) -> Filed | None:
    row = session.exec(_mine(person).where(Filing.id == id_)).first()
    return None if row is None else _opened(session, keys, row)


def _mine(person: Person) -> SelectOfScalar[Filing]:
    return select(Filing).where(Filing.staff_id == person.id, col(Filing.desk_id).in_(person.desk_ids))


def _opened(session: Session, keys: Keys, row: Filing) -> Filed | None:
    """None when the family was forgotten meanwhile."""
    family, talk = session.get_one(Family, row.family_id), session.get_one(Conversation, row.conversation_id)
    first = select(Registration).where(Registration.conversation_id == row.conversation_id, Registration.child == 1)
    request = session.exec(first).first()
    if family.key is None or row.typed is None or request is None:
        return None
    outcome = registrations.outcome_of(session, request.id)
    return Filed(
        row, json.loads(keys.open(family.key, "filing", "typed", row.id, row.typed)), request.reference,
        talk.language, talk.status, talk.claimed_by is not None or request.first_reply_at is not None,
        outcome.code if outcome else "open",
    )  # fmt: skip
