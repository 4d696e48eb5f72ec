"""The queue: who waits for the desk and in which order, under which tab, put off until when, to be answered by when."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, literal_column, or_, union, update
from sqlmodel import Session, col, func, select

from storage import leases, registrations, staff, together
from storage.keys import Keys
from storage.models import CallBack, Contact, ContactFamily, Conversation, Mention, Registration

PAGE = 25  # rows
OPEN = ("waiting", "with_desk")  # with a person, not with the questions
REQUESTS = ("new_request", "cannot_ask")  # waits for: a request that just came in
CALLS = ("call_me", "urgent_other")  # waits for: a call
URGENT = 3  # of `need`
_MOST_FOUND = 50
_Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the queue. `flags`: of all its requests together, without what is sealed for the desk."""

    id: str
    desk_id: str
    status: str
    language: str
    channel: str
    need: int
    waiting_since: datetime | None
    waiting_why: str
    answer_by: datetime | None
    snoozed_until: datetime | None
    last_inbound_at: datetime
    claimed_by: str | None
    asked: tuple[tuple[str, str], ...]  # who is asked to look: (mentioned or handed, name)
    references: tuple[str, ...]
    flags: frozenset[str]
    state: str


@dataclass(frozen=True, slots=True)
class Sought:
    """What somebody looks for; "" where what was typed is none."""

    reference: str
    phone: str
    name: str


@dataclass(frozen=True, slots=True)
class Waits:
    """A family whose answer has no day yet."""

    conversation_id: str
    desk_id: str
    need: int
    why: str
    since: datetime


def _waits(now: datetime) -> _Condition:
    """Somebody waits for us, and is not put off."""
    later = col(Conversation.snoozed_until)
    return and_(
        col(Conversation.status).in_(OPEN), col(Conversation.waiting_since).is_not(None),
        or_(later.is_(None), later <= now),
    )  # fmt: skip


def _of(*why: str) -> _Condition:
    return col(Conversation.waiting_why).in_(why)


def _has_call() -> _Condition:
    return exists().where(col(CallBack.conversation_id) == col(Conversation.id), col(CallBack.status) == "open")


def _has_draft() -> _Condition:
    its = col(Registration.conversation_id) == col(Conversation.id)
    return exists().where(its, col(Registration.state) == "draft")


def _asks(me: str, kind: str = "") -> _Condition:
    its = (col(Mention.conversation_id) == col(Conversation.id), col(Mention.staff_id) == me)
    return exists().where(*its, *((col(Mention.kind) == kind,) if kind else ()))


def _handed_to_another(me: str) -> _Condition:
    its = col(Mention.conversation_id) == col(Conversation.id)
    return exists().where(its, col(Mention.kind) == together.HANDED, col(Mention.staff_id) != me)


_IS_OPEN = col(Conversation.status) != "closed"
_TABS: Mapping[str, Callable[[str, datetime], _Condition]] = {  # (who looks, now) -> what stands there
    "waiting": lambda _, now: _waits(now),
    "new": lambda _, now: and_(_waits(now), _of(*REQUESTS)),
    "questions": lambda _, now: and_(_waits(now), ~_of(*REQUESTS, *CALLS)),
    "calls": lambda _, now: and_(_IS_OPEN, or_(and_(_waits(now), _of(*CALLS)), _has_call())),
    "drafts": lambda _, now: and_(_IS_OPEN, _has_draft()),
    "family": lambda _, now: and_(_IS_OPEN, or_(
        col(Conversation.status) == "with_bot",
        and_(col(Conversation.waiting_since).is_(None), col(Conversation.snoozed_until).is_(None)),
    )),
    "mine": lambda me, now: and_(_IS_OPEN, or_(
        and_(col(Conversation.claimed_by) == me, leases.held(col(Conversation.claimed_until), now, leases.CLAIM)),
        _asks(me),
    )),
    "overdue": lambda _, now: and_(_waits(now), col(Conversation.answer_by) <= now),
    "later": lambda _, now: and_(_IS_OPEN, col(Conversation.snoozed_until) > now),
    "closed": lambda _, now: col(Conversation.status) == literal_column("'closed'"),  # in the words of its index
}  # fmt: skip
TABS = tuple(_TABS)


def _speaks(language: str) -> tuple[_Condition, ...]:
    """That a family speaks it; "": whatever it speaks."""
    return (col(Conversation.language) == language,) if language else ()


def queue(
    session: Session, desk_ids: frozenset[str], show: str, me: str, now: datetime, page: int = 1, language: str = ""
) -> tuple[list[Row], bool]:
    """A page of a tab: who needs help most, then who waits longest. Whether more follow."""
    statement = (
        select(Conversation)
        .where(col(Conversation.desk_id).in_(desk_ids), _TABS[show](me, now), *_speaks(language))
        .order_by(*_order(show, now))
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    )
    found = list(session.exec(statement))
    return _rows(session, found[:PAGE], now), len(found) > PAGE


def _order(show: str, now: datetime) -> tuple[Any, ...]:
    """Urgent, then who should have an answer by now, then vulnerable, then the others; each by how long it waits."""
    if show == "closed":
        return (col(Conversation.closed_at).desc(),)
    if show == "later":
        return (col(Conversation.snoozed_until),)
    rank = case(
        (col(Conversation.need) == URGENT, 4), (col(Conversation.answer_by) <= now, 3), else_=col(Conversation.need)
    )
    return (
        col(Conversation.waiting_since).is_(None), rank.desc(), col(Conversation.waiting_since),
        col(Conversation.last_inbound_at).desc(),
    )  # fmt: skip


def some(session: Session, desk_ids: frozenset[str], ids: list[str], now: datetime) -> list[Row]:
    """These, as far as they are of these desks, in this order."""
    statement = select(Conversation).where(col(Conversation.desk_id).in_(desk_ids), col(Conversation.id).in_(ids))
    rows = {row.id: row for row in _rows(session, list(session.exec(statement)), now)}
    return [rows[id_] for id_ in ids if id_ in rows]


def languages(session: Session, desk_ids: frozenset[str]) -> list[str]:
    """Those of the families that are not closed."""
    is_open = col(Conversation.status).in_((*OPEN, "with_bot"))  # named: the index finds them among all the closed
    statement = select(Conversation.language).where(col(Conversation.desk_id).in_(desk_ids), is_open).distinct()
    return list(session.exec(statement))


def counts(session: Session, desk_ids: frozenset[str], me: str, now: datetime, language: str = "") -> dict[str, int]:
    """How many stand under each tab but the closed ones."""
    shown = [show for show in TABS if show != "closed"]
    sums = [func.sum(case((_TABS[show](me, now), 1), else_=0)).label(show) for show in shown]
    statement = select(*sums).where(col(Conversation.desk_id).in_(desk_ids), _IS_OPEN, *_speaks(language))
    row = session.connection().execute(statement).one()
    return {show: int(getattr(row, show) or 0) for show in shown}


def waiting_count(session: Session, desk_ids: frozenset[str], now: datetime, language: str = "") -> int:
    """How many wait for us: the number on a browser's tab."""
    statement = select(func.count()).where(col(Conversation.desk_id).in_(desk_ids), _waits(now), *_speaks(language))
    return session.exec(statement).one()


def weight(session: Session, desk_id: str, now: datetime) -> tuple[int, datetime | None]:
    """How many of those who wait are urgent, and since when the first of all waits."""
    urgent = func.sum(case((col(Conversation.need) == URGENT, 1), else_=0))
    statement = select(urgent, func.min(Conversation.waiting_since)).where(Conversation.desk_id == desk_id, _waits(now))
    many, since = session.exec(statement).one()
    return int(many or 0), since


def untold(session: Session, desk_id: str, now: datetime) -> list[Conversation]:
    """Urgent families that wait, that nobody holds, and of whose wait no mail went out yet; locked."""
    told = col(Conversation.mailed_since)
    statement = select(Conversation).where(
        Conversation.desk_id == desk_id, Conversation.need == URGENT, _waits(now),
        or_(told.is_(None), told != col(Conversation.waiting_since)),
        or_(col(Conversation.claimed_until).is_(None), col(Conversation.claimed_until) <= now),
    )  # fmt: skip
    return list(session.exec(statement.with_for_update(skip_locked=True)))


def search(session: Session, keys: Keys, desk_ids: frozenset[str], sought: Sought, now: datetime) -> list[Row]:
    """Conversations by the number of a request, a telephone number or a name, the newest first."""
    ways = list(_ways(keys, sought))
    if not ways:
        return []
    # the desk within a case: SQLite would take its index, and read all of the desk
    statement = (
        select(Conversation)
        .where(case((col(Conversation.desk_id).in_(desk_ids), 1), else_=0) == 1, col(Conversation.id).in_(union(*ways)))
        .order_by(col(Conversation.opened_at).desc())
        .limit(_MOST_FOUND)
    )
    return _rows(session, list(session.exec(statement)), now)


def _ways(keys: Keys, sought: Sought) -> Iterator[Any]:
    """Ids at any desk that each thing leads to, by its own index: in one condition with the desk every row is read."""
    request = select(Registration.conversation_id)
    if sought.reference:
        yield request.where(Registration.reference == sought.reference)
    if sought.name:
        yield request.where(Registration.name_blind == keys.blind("name", sought.name))
    if sought.phone:
        yield (
            select(Conversation.id)
            .join(ContactFamily, col(ContactFamily.family_id) == col(Conversation.family_id))
            .join(Contact, col(Contact.id) == col(ContactFamily.contact_id))
            .where(Contact.blind == keys.blind("phone", sought.phone))
        )


def next_free(session: Session, desk_ids: frozenset[str], me: str, now: datetime, language: str = "") -> str | None:
    """The family that needs help most and that nobody holds, locked: who asks at the same time gets the next one."""
    free = leases.free(col(Conversation.claimed_until), now, leases.latest(now, leases.CLAIM))
    statement = (
        select(Conversation.id)
        .where(col(Conversation.desk_id).in_(desk_ids), _waits(now), free, ~_handed_to_another(me), *_speaks(language))
        .order_by(*_order("waiting", now))
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.exec(statement).first()


# --- Put off, and promised -------------------------------------------------------------------------------------------


def snooze(session: Session, conversation_id: str, until: datetime | None) -> None:
    """Out of the queue until then; None: back at once."""
    row = session.get_one(Conversation, conversation_id)
    row.snoozed_until = until
    session.add(row)
    session.flush()


def wake(session: Session, now: datetime) -> None:
    """Whoever was put off until now is back; a day that was planned while nobody waited begins a wait."""
    due = col(Conversation.snoozed_until) <= now
    planned = and_(due, col(Conversation.status).in_(OPEN), col(Conversation.waiting_since).is_(None))
    connection = session.connection()
    connection.execute(
        update(Conversation)
        .where(planned)
        .values(waiting_since=col(Conversation.snoozed_until), waiting_why="planned", answer_by=None)
    )
    connection.execute(update(Conversation).where(due).values(snoozed_until=None))


def unreckoned(session: Session, limit: int = 500) -> list[Waits]:
    """Who waits without a day by which we answer."""
    statement = (
        select(Conversation)
        .where(col(Conversation.answer_by).is_(None), col(Conversation.waiting_since).is_not(None))
        .order_by(col(Conversation.waiting_since))
        .limit(limit)
    )
    return [
        Waits(row.id, row.desk_id, row.need, row.waiting_why, row.waiting_since)
        for row in session.exec(statement)
        if row.waiting_since is not None
    ]


def answer_by(session: Session, conversation_id: str, at: datetime) -> None:
    session.connection().execute(
        update(Conversation).where(col(Conversation.id) == conversation_id).values(answer_by=at)
    )


def reckon_anew(session: Session, desk_id: str) -> None:
    """The desk's hours or terms changed: whoever waits there gets another day."""
    session.connection().execute(
        update(Conversation)
        .where(col(Conversation.desk_id) == desk_id, col(Conversation.waiting_since).is_not(None))
        .values(answer_by=None)
    )


def start_comes_near(session: Session, desk_id: str, before: str) -> None:
    """A request becomes urgent as time passes. `before`: the last day that is soon; a colleague's no stays."""
    near = exists().where(
        col(Registration.conversation_id) == col(Conversation.id), col(Registration.start) != "",
        or_(col(Registration.start) <= before, col(Registration.start) == "asap"),
        col(Registration.urgent_override).is_not(False),
    )  # fmt: skip
    session.connection().execute(
        update(Conversation)
        .where(col(Conversation.desk_id) == desk_id, _IS_OPEN, col(Conversation.need) < URGENT, near)
        .values(need=URGENT, answer_by=None)
    )


def _rows(session: Session, conversations: list[Conversation], now: datetime) -> list[Row]:
    requests: dict[str, list[Registration]] = {}
    ids = [each.id for each in conversations]
    for row in session.exec(select(Registration).where(col(Registration.conversation_id).in_(ids))):
        requests.setdefault(row.conversation_id, []).append(row)
    asked = together.asked(session, ids)
    names = staff.names_of(
        session, {each.claimed_by for each in conversations if each.claimed_by} | {each.staff_id for each in asked}
    )
    told: dict[str, list[tuple[str, str]]] = {}
    for each in asked:
        told.setdefault(each.conversation_id, []).append((each.kind, names.get(each.staff_id, "")))
    return [_row(each, requests.get(each.id, []), names, tuple(told.get(each.id, ())), now) for each in conversations]


def _row(
    row: Conversation, requests: list[Registration], names: dict[str, str], asked: tuple[tuple[str, str], ...],
    now: datetime,
) -> Row:  # fmt: skip
    held = row.claimed_by if leases.holds(row.claimed_until, now, leases.CLAIM) else None
    flags = frozenset[str]().union(*(registrations.flags_of(each) for each in requests))
    states = {each.state for each in requests}
    return Row(
        row.id, row.desk_id, row.status, row.language, row.channel, row.need, row.waiting_since, row.waiting_why,
        row.answer_by, row.snoozed_until if row.snoozed_until and row.snoozed_until > now else None,
        row.last_inbound_at, names.get(held) if held else None, asked,
        tuple(each.reference for each in requests), flags,
        next((state for state in ("complete", "draft", "ticket") if state in states), ""),
    )  # fmt: skip
