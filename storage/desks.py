"""Desks, their numbers and postcodes, and what a coordinator chose for them."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Literal

from pydantic import BaseModel, ConfigDict
from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from storage.ids import new_id
from storage.keys import Keys
from storage.models import Desk, DeskNumber, DeskPostcode, table

CHANNELS = ("sms", "voice", "whatsapp")


_CHOSEN = select(table(Desk).c.slug, table(Desk).c.settings).where(table(Desk).c.id == bindparam("desk"))
_POSTCODES = select(table(DeskPostcode).c.postcode).where(table(DeskPostcode).c.desk_id == bindparam("desk"))


class DeskProblem(ValueError):
    """A desk that cannot be kept as asked. One sentence."""


class Choices(BaseModel):
    """What a coordinator chooses; kept as JSON beside the desk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    languages: tuple[str, ...] = ("nl",)
    decisions: dict[str, str] = {}  # language -> reference of the decision that allows it
    dutch_alongside: Literal["off", "opening", "always"] = "opening"
    countries: tuple[str, ...] = ("+32", "+31", "+33", "+352", "+49")  # numbers we answer begin with one of these
    days_asked: bool = False
    ask_all: bool = False
    promise_days: int = 14
    urgent_days: int = 30
    filing_day: str = "01-31"  # of the year after, the reference date of the yearly counts


def add(
    session: Session,
    keys: Keys,
    at: datetime,
    slug: str,
    name: str,
    number: str,
    postcodes: Iterable[str],
    choices: Choices,
    numbers: dict[str, str] | None = None,
) -> Desk:
    """A new desk. `numbers`: channel -> number where it is not `number`. Raises `DeskProblem` on an overlap."""
    if session.exec(select(Desk).where(Desk.slug == slug)).first():
        raise DeskProblem(f"there is already a desk {slug}: choose another short name")
    desk = Desk(
        id=new_id(at), slug=slug, name=name, number=number, key=keys.new_key(),
        settings=choices.model_dump_json(exclude_defaults=True), created_at=at,
    )  # fmt: skip
    session.add(desk)
    session.flush()
    for channel in CHANNELS:
        _add_number(session, desk, (numbers or {}).get(channel, number), channel)
    for postcode in postcodes:
        _add_postcode(session, desk, postcode)
    return desk


def choices(desk: Desk) -> Choices:
    return _choices(desk.settings)


def choose(session: Session, desk: Desk, chosen: Choices) -> None:
    desk.settings = chosen.model_dump_json(exclude_defaults=True)
    session.add(desk)


def everything(session: Session) -> list[Desk]:
    return list(session.exec(select(Desk).order_by(col(Desk.slug))))


def by_slug(session: Session, slug: str) -> Desk | None:
    return session.exec(select(Desk).where(Desk.slug == slug)).first()


def postcodes(session: Session, desk_id: str) -> frozenset[str]:
    return frozenset(session.connection().execute(_POSTCODES, {"desk": desk_id}).scalars())


def _add_number(session: Session, desk: Desk, number: str, channel: str) -> None:
    other = session.get(DeskNumber, (number, channel))
    if other is not None:
        owner = session.get_one(Desk, other.desk_id)
        raise DeskProblem(f"{number} already answers {channel} for the desk {owner.slug}: give another number")
    session.add(DeskNumber(number=number, channel=channel, desk_id=desk.id))


def _add_postcode(session: Session, desk: Desk, postcode: str) -> None:
    other = session.get(DeskPostcode, postcode)
    if other is not None:
        owner = session.get_one(Desk, other.desk_id)
        raise DeskProblem(f"postcode {postcode} already belongs to the desk {owner.slug}: leave it out")
    session.add(DeskPostcode(postcode=postcode, desk_id=desk.id))


def chosen(session: Session, desk_id: str) -> tuple[str, Choices]:
    """Short name and choices of a desk."""
    row = session.connection().execute(_CHOSEN, {"desk": desk_id}).one()
    return row.slug, _choices(row.settings)


@lru_cache(maxsize=1024)
def _choices(settings: str) -> Choices:
    """Read once: the text decides, so that another process may change it at any time."""
    return Choices.model_validate_json(settings)
