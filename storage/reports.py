"""The rows behind the yearly counts: every request that counts, and what had come of it by a day, as known at a moment.

All that is looked at stands side by side in two indexes, desk by desk: `registration_counted`, `outcome_counted`.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import sqlalchemy as sql
from sqlmodel import Session, col, exists, or_, select

from flows.definitions import OFFERED
from flows.engine.turn import local_day
from storage import earlier
from storage.earlier import CARE_NEED, CLEAR_FLAGS
from storage.keys import Keys
from storage.models import Desk, Merge, Outcome, Registration, table

FLAGS = (*CLEAR_FLAGS, CARE_NEED)
DIVIDES = ("language", "channel", "postcode", "birth_quarter")
_NOW, _TOLD = table(Registration).c, table(Outcome).c
_COLUMNS = (
    "id", "desk_id", CARE_NEED, "asked_on", "start", "rules",
    *CLEAR_FLAGS, *(f"{flag}_override" for flag in CLEAR_FLAGS),
)  # fmt: skip
_FLAGS, _OUTCOME, _ALSO = _COLUMNS.index(CLEAR_FLAGS[0]), len(_COLUMNS), len(_COLUMNS) + 7  # where they begin in a row
_OURS = ("desk", "referrer")  # sources that count
_CHUNK, _AT_ONCE = 500, 5000
_Flags = tuple[bool | None, ...]


@dataclass(frozen=True)
class Looked:
    """Whose requests are counted, and how they are looked at.

    `as_of`: by the end of that day; `known_on`: as known then; `asked`: the days of asking, None: any; `firsts`: with
    the first offer and reply, which few definitions ask for; `also`: columns that are wanted too, some of `DIVIDES`.
    """

    desk_ids: frozenset[str]
    as_of: date
    known_on: datetime
    asked: tuple[date, date] | None = None
    firsts: bool = False
    also: Sequence[str] = ()


class Request(NamedTuple):
    """One unique request (a tuple: a country's year has hundreds of thousands).

    `flags`: what counts of each of `FLAGS`; `rules`: JSON; `outcome`, `reason`, `since`: the last one, None: open;
    `offered_on`, `replied_on`: the first offer and reply, where they were asked for.
    """

    id: str
    asked_on: date
    start: str
    flags: _Flags
    rules: str
    outcome: str | None
    reason: str
    since: date | None
    offered_on: date | None
    replied_on: date | None
    also: tuple[Any, ...]


def each(session: Session, keys: Keys, looked: Looked) -> Iterator[Request]:
    """All countable requests, one by one: those of which nothing was changed since as they stand, the others as they
    were. The care need of each is opened, because it stands nowhere in clear."""
    made = _maker(session, keys)
    before = earlier.since(session, looked.desk_ids, looked.known_on)
    for row in _rows(session, _statement(_COLUMNS, looked).where(*_countable(looked))):
        if row[0] not in before:
            yield made(row[1], row)
    names = (*_COLUMNS, *(name for name in earlier.COUNTED if name not in _COLUMNS))
    for some in _chunks(list(before)):
        for row in _rows(session, _statement(names, looked).where(_NOW.id.in_(some))):
            then = {**dict(zip(names, row, strict=False)), **before[row[0]]}
            if _counted(then, looked):
                yield made(row[1], (*(then[name] for name in _COLUMNS), *row[len(names) :]))


def listed(session: Session, ids: Sequence[str]) -> list[Registration]:
    """These registrations, in this order."""
    found: dict[str, Registration] = {}
    for some in _chunks(ids):
        statement = select(Registration).where(col(Registration.id).in_(some))
        found |= {row.id: row for row in session.exec(statement)}
    return [found[id_] for id_ in ids]


@lru_cache(maxsize=1024)
def rules_of(text: str) -> Mapping[str, str | None]:
    """Category -> the rule it was decided by."""
    return MappingProxyType(json.loads(text))


def _maker(session: Session, keys: Keys) -> Callable[[str, tuple[Any, ...]], Request]:
    """(the desk whose key closes it, a row of `_statement`) -> the request."""
    desk_keys = dict(session.exec(select(Desk.id, Desk.key)).all())
    opening = cache(lambda desk_id: keys.opener(desk_keys[desk_id], "registration", CARE_NEED))
    flags, outcome, also = slice(_FLAGS, _OUTCOME), slice(_OUTCOME, _ALSO), slice(_ALSO, None)

    def made(desk_id: str, row: tuple[Any, ...]) -> Request:
        id_, _, care_need, asked_on, start, rules = row[:_FLAGS]
        outcome_id, code, reason, sealed, since, offered_on, replied_at = row[outcome]
        care = "" if care_need is None else opening(desk_id)(id_, care_need)
        if sealed is not None:
            reason = keys.open(desk_keys[desk_id], "outcome", "sealed_reason", outcome_id, sealed)
        return Request(
            id_, _day(asked_on), start, _flags(row[flags], care), rules, code, reason, _day(since), _day(offered_on),
            None if replied_at is None else _local_day(replied_at), row[also],
        )  # fmt: skip

    return made


def _statement(names: Sequence[str], looked: Looked) -> sql.Select[Any]:
    """These columns of requests known then, each with the last outcome by the day. No two have the same `id`."""
    last, later, offer = (sql.alias(table(Outcome)) for _ in range(3))

    def told(outcome: Any) -> sql.ColumnElement[bool]:
        is_known = sql.and_(outcome.c.since <= looked.as_of, outcome.c.recorded_at <= looked.known_on)
        return sql.and_(outcome.c.desk_id == _NOW.desk_id, outcome.c.registration_id == _NOW.id, is_known)

    def order(outcome: Any) -> Any:
        return sql.tuple_(outcome.c.since, outcome.c.recorded_at, outcome.c.id)

    is_last = ~sql.exists().where(told(later), order(later) > order(last)).correlate(last, table(Registration))
    offered = sql.select(sql.func.min(offer.c.since)).where(told(offer), offer.c.code.in_(OFFERED)).scalar_subquery()
    replied = sql.case((_NOW.first_reply_at <= looked.known_on, _NOW.first_reply_at))
    return (
        sql.select(
            *(_NOW[name] for name in names), last.c.id, last.c.code, last.c.reason, last.c.sealed_reason, last.c.since,
            *((offered, replied) if looked.firsts else (sql.null(), sql.null())),
            *(_NOW[name] for name in looked.also),
        )
        .select_from(table(Registration).outerjoin(last, sql.and_(told(last), is_last)))
        .where(~_merged(looked.known_on), _NOW.created_at <= looked.known_on)
    )  # fmt: skip


def _rows(session: Session, statement: sql.Select[Any]) -> Iterator[tuple[Any, ...]]:
    """As the driver gives them, days as they are kept: to turn each value of each row takes longer than to read it."""
    cursor = session.connection().execute(statement).cursor
    while some := cursor.fetchmany(_AT_ONCE):
        yield from some


@lru_cache(maxsize=8192)
def _day(kept: str | date | None) -> Any:
    """SQLite keeps a day as text."""
    return date.fromisoformat(kept) if isinstance(kept, str) else kept


def _local_day(kept: str | datetime) -> date:
    """SQLite keeps a moment as text, in UTC."""
    return local_day(datetime.fromisoformat(kept).replace(tzinfo=UTC) if isinstance(kept, str) else kept)


def _countable(looked: Looked) -> list[Any]:
    """What is counted as it stands now; `_counted` says the same of a request as it was."""
    found = [
        _NOW.desk_id.in_(looked.desk_ids), _NOW.state != "ticket", _NOW.source.in_(_OURS), _NOW.counted_in == "here",
    ]  # fmt: skip
    return found if looked.asked is None else [*found, _NOW.asked_on.between(*looked.asked)]


def _counted(row: Mapping[str, Any], looked: Looked) -> bool:
    is_ours = row["desk_id"] in looked.desk_ids and row["source"] in _OURS and row["counted_in"] == "here"
    was_asked = looked.asked is None or looked.asked[0] <= _day(row["asked_on"]) <= looked.asked[1]
    return is_ours and row["state"] != "ticket" and was_asked


def _chunks(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[first : first + _CHUNK] for first in range(0, len(ids), _CHUNK))


def _merged(known_on: datetime) -> Any:
    """Whether it was believed then to be the request of a child that counts already."""
    return (
        exists()
        .where(
            col(Merge.registration_id) == col(Registration.id), col(Merge.at) <= known_on,
            or_(col(Merge.undone_at).is_(None), col(Merge.undone_at) > known_on),
        )
        .correlate(Registration)
    )  # fmt: skip


@lru_cache(maxsize=8192)
def _flags(told: _Flags, care: str) -> _Flags:
    """What counts of each category: what a colleague decided, else what the answers say."""
    need = json.loads(care) if care else {"value": None, "override": None}
    derived, decided = (*told[: len(CLEAR_FLAGS)], need["value"]), (*told[len(CLEAR_FLAGS) :], need["override"])
    found = (value if other is None else other for value, other in zip(derived, decided, strict=True))
    return tuple(None if flag is None else bool(flag) for flag in found)  # SQLite keeps a number
