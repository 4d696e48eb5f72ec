"""Desks, their numbers and postcodes, and what a coordinator chose for them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

import sqlalchemy as sql
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import and_, bindparam, func
from sqlmodel import Session, col, select

from storage import queue
from storage.ids import new_id
from storage.keys import Keys
from storage.models import Desk, DeskNumber, DeskPostcode, table
from storage.statements import Statement

CHANNELS = ("sms", "voice", "whatsapp")
Alongside = Literal["off", "opening", "always"]  # when the Dutch goes out beside a translation
_DESK, _NUMBER, _POSTCODE = table(Desk), table(DeskNumber), table(DeskPostcode)


def _front(dialect: str) -> Any:
    """A desk with its postcodes in one cell, joined in each database's own way."""
    joined = {"sqlite": func.group_concat, "postgresql": func.string_agg}[dialect]
    postcodes = sql.select(joined(_POSTCODE.c.postcode, sql.literal_column("','"))).where(
        _POSTCODE.c.desk_id == _DESK.c.id
    )
    return sql.select(
        _DESK.c.id, _DESK.c.slug, _DESK.c.settings, _DESK.c.key, postcodes.scalar_subquery().label("postcodes")
    )


def _of_number(dialect: str) -> Any:
    number = and_(_NUMBER.c.number == bindparam("number"), _NUMBER.c.channel == bindparam("channel"))
    return _front(dialect).join(_NUMBER, _NUMBER.c.desk_id == _DESK.c.id).where(number)


_OF_ID = Statement(lambda dialect: _front(dialect).where(_DESK.c.id == bindparam("desk")))
_OF_NUMBER = Statement(_of_number)


class DeskProblem(ValueError):
    """A desk that cannot be kept as asked. One sentence."""


class Choices(BaseModel):
    """What a coordinator chooses; kept as JSON beside the desk."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    languages: tuple[str, ...] = ("nl",)
    decisions: dict[str, str] = {}  # language -> reference of the decision that allows it
    dutch_alongside: Alongside = "opening"
    countries: tuple[str, ...] = ("+32", "+31", "+33", "+352", "+49")  # numbers we answer begin with one of these
    caller_id: str = ""  # E.164, what a family sees when the desk calls; "": the desk's number
    desk_phone: str = ""  # E.164, rings when a caller asks for a person; "": nobody can be put through
    hours: str = ""  # OpenStreetMap's opening_hours; "": not known, calls are answered by a call-back
    address: str = ""  # where the desk is, as families are told; "": not known
    missed_calls: bool = True  # who hangs up in the menu is called back
    days_asked: bool = False
    ask_all: bool = False
    promise_days: int = 14  # calendar days within which a family hears from a person: said to it
    answer_days: dict[str, int] = {}  # urgent, call, question, new -> working days, ours; see `intake.promises`
    urgent_days: int = 30
    follow_up: bool = False  # whether families are asked, around the wanted start, if they found childcare
    follow_up_before: Annotated[int, Field(ge=0, le=26)] = 2  # weeks before the start; 0: not before
    follow_up_after: Annotated[int, Field(ge=2, le=26)] = 4  # weeks after it, and as many after that
    follow_up_most: Annotated[int, Field(ge=1, le=3)] = 3  # times, about one request
    follow_up_calls: bool = True  # whether a colleague calls those who only want to be called
    referral_days: Annotated[int, Field(ge=1, le=60)] = 7  # in which a place is to answer a family
    ask_from: Annotated[int, Field(ge=7, le=12)] = 9  # o'clock: nothing that was not asked for is sent before
    ask_until: Annotated[int, Field(ge=13, le=21)] = 20
    lapsed_is_new: bool = True  # a request that lapsed and is asked again: a new one, not proposed as the same
    registered: dict[int, tuple[str, ...]] = {}  # year -> the categories asked of this desk, where they are other ones
    filing_day: str = "01-31"  # of the year after, the reference date of the yearly counts
    keep_words_days: int = 30  # after a conversation was closed
    keep_names_years: int = 1  # whole years after the one of asking


@dataclass(frozen=True, slots=True)
class Front:
    """What a turn must know of its desk. `postcodes`: with commas between, in no order; `settings`: JSON."""

    id: str
    slug: str
    settings: str
    key: bytes
    postcodes: str


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
    return read_choices(desk.settings)


def lock(session: Session, desk_id: str) -> Desk:
    """The desk, for a change that no colleague may make at the same time."""
    return session.get_one(Desk, desk_id, with_for_update=True)


def choose(session: Session, desk: Desk, chosen: Choices) -> None:
    """Keep it; where it changes by when families are to be answered, that is reckoned anew."""
    before = choices(desk)
    desk.settings = chosen.model_dump_json(exclude_defaults=True)
    session.add(desk)
    if any(getattr(before, each) != getattr(chosen, each) for each in ("hours", "answer_days", "promise_days")):
        queue.reckon_anew(session, desk.id)


def numbers(session: Session, desk_id: str) -> dict[str, str]:
    """Channel -> the number of ours that it answers on."""
    found = {row.channel: row.number for row in session.exec(select(DeskNumber).where(DeskNumber.desk_id == desk_id))}
    return {channel: found[channel] for channel in CHANNELS if channel in found}


def everything(session: Session) -> list[Desk]:
    return list(session.exec(select(Desk).order_by(col(Desk.slug))))


def names(session: Session) -> dict[str, str]:
    """Id -> name, in the order of their short names."""
    return dict(session.exec(select(Desk.id, Desk.name).order_by(col(Desk.slug))).all())


def by_slug(session: Session, slug: str) -> Desk | None:
    return session.exec(select(Desk).where(Desk.slug == slug)).first()


def front(session: Session, desk_id: str) -> Front:
    """The desk with this id, which exists."""
    row = _OF_ID.run(session, {"desk": desk_id})[0]
    return Front(row.id, row.slug, row.settings, row.key, row.postcodes or "")


def of_number(session: Session, number: str, channel: str) -> Front | None:
    """The front desk that this number of ours belongs to."""
    row = _OF_NUMBER.first(session, {"number": number, "channel": channel})
    return None if row is None else Front(row.id, row.slug, row.settings, row.key, row.postcodes or "")


def of_bot(session: Session, slug: str) -> Front | None:
    """The desk that a link named, else the oldest one: a bot serves them all, and the place decides later."""
    named = by_slug(session, slug) if slug else None
    desk = named or session.exec(select(Desk).order_by(col(Desk.id)).limit(1)).first()
    return None if desk is None else front(session, desk.id)


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


@lru_cache(maxsize=1024)
def read_choices(settings: str) -> Choices:
    """Read once: the text decides, so that another process may change it at any time."""
    return Choices.model_validate_json(settings)
