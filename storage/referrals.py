"""To which childcare places a family was sent, whether they answered, and whom to ask about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from storage.ids import new_id
from storage.keys import Keys
from storage.models import Family, Referral, Registration

OPEN = ("sent", "asked")  # without a result
RESULTS = ("place", "full", "no_answer")
_MOST = 200


@dataclass(frozen=True, slots=True)
class Opened:
    row: Referral
    name: str


def add(
    session: Session, keys: Keys, row: Registration, name: str, answer_by: date, today: date, author: str, at: datetime
) -> None:  # fmt: skip
    id_, key = new_id(at), session.get_one(Family, row.family_id).key
    assert key is not None  # a conversation of it is open to its desk
    session.add(
        Referral(
            id=id_, desk_id=row.desk_id, family_id=row.family_id, registration_id=row.id, sent_on=today,
            name=keys.seal(key, "referral", "name", id_, name), answer_by=answer_by, author=author, at=at,
        )
    )  # fmt: skip
    session.flush()


def of_request(session: Session, keys: Keys, registration_id: str) -> list[Opened]:
    """The newest first."""
    statement = select(Referral).where(Referral.registration_id == registration_id)
    return [opened(session, keys, row) for row in session.exec(statement.order_by(col(Referral.id).desc()))]


def opened(session: Session, keys: Keys, row: Referral) -> Opened:
    key = session.get_one(Family, row.family_id).key
    return Opened(row, keys.open(key, "referral", "name", row.id, row.name) if key is not None else "")


def due(session: Session, desk_ids: Iterable[str], today: date) -> list[str]:
    """Those whose day has passed and of which nothing is heard."""
    statement = select(Referral.id).where(
        col(Referral.desk_id).in_(list(desk_ids)), Referral.state == "sent", col(Referral.answer_by) < today
    )
    return list(session.exec(statement.order_by(col(Referral.answer_by)).limit(_MOST)))


def lock(session: Session, referral_id: str) -> Referral | None:
    """As it is now that nobody else can change it."""
    return session.get(Referral, referral_id, with_for_update=True, populate_existing=True)


def ask(session: Session, row: Referral) -> None:
    row.state = "asked"
    session.add(row)
    session.flush()


def settle(session: Session, row: Referral, result: str, at: datetime) -> None:
    """`result`: one of RESULTS."""
    row.state, row.settled_at = result, at
    session.add(row)
    session.flush()


def has_open(session: Session, registration_id: str) -> bool:
    """Whether another place may still answer."""
    statement = select(Referral.id).where(Referral.registration_id == registration_id, col(Referral.state).in_(OPEN))
    return session.exec(statement.limit(1)).first() is not None
