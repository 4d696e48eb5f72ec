"""The rows behind the yearly counts: every request that counts, with its outcomes as they were known at a moment."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlmodel import Session, col, exists, or_, select

from flows.engine.turn import local_day
from storage import earlier
from storage.keys import Keys
from storage.models import Desk, Merge, Outcome, Registration

_FLAGS = ("urgent", "extended", "priority", "vulnerable")
_COLUMNS = (
    "id", "desk_id", "care_need", "first_reply_at", "asked_on", "start", "rules",
    *_FLAGS, *(f"{flag}_override" for flag in _FLAGS),
)  # fmt: skip
DIVIDES = ("language", "channel", "postcode", "birth_quarter")
_ALIKE = _COLUMNS.index("asked_on")  # from here on, what makes requests count alike
_OURS = ("desk", "referrer")  # sources that count
_CHUNK, _AT_ONCE = 500, 5000
_Outcomes = tuple[tuple[date, str, str], ...]
_Kinds = Iterator[tuple[str, tuple[Any, ...]]]


class Request(NamedTuple):
    """One unique request, or several that count alike (a tuple: a country's year makes hundreds of thousands).

    `outcomes`: (since, code, reason), the oldest first; `flags`: what counts of each; `also`: what else was asked for.
    """

    asked_on: date
    start: str
    flags: Mapping[str, bool | None]
    rules: Mapping[str, str | None]
    outcomes: _Outcomes
    first_reply_on: date | None
    many: int
    also: tuple[str, ...] = ()


def requests(
    session: Session, keys: Keys, desk_ids: frozenset[str], known_on: datetime, asked: tuple[date, date] | None = None,
    also: Sequence[str] = (),
) -> list[Request]:  # fmt: skip
    """All countable requests of these desks as known then, those asked in `asked` (both days included) where given.

    `also`: columns in clear that tell requests apart too, some of `DIVIDES`.

    A country's year has a few thousand kinds of requests: they are told apart here and looked at once each. Only
    the care need must be opened for every row, because it stands nowhere in clear.
    """
    alike: Counter[tuple[Any, ...]] = Counter()
    for _, kind in _kinds(session, keys, desk_ids, known_on, asked, also):
        alike[kind] += 1
    return [_request(kind, many) for kind, many in alike.items()]


def each(
    session: Session, keys: Keys, desk_ids: frozenset[str], known_on: datetime, asked: tuple[date, date] | None = None
) -> list[tuple[str, Request]]:
    """The same, one by one: the id of the registration and what counts of it."""
    return [(id_, _request(kind, 1)) for id_, kind in _kinds(session, keys, desk_ids, known_on, asked, ())]


def listed(session: Session, ids: Sequence[str]) -> list[Registration]:
    """These registrations, in this order."""
    found: dict[str, Registration] = {}
    for some in _chunks(ids):
        statement = select(Registration).where(col(Registration.id).in_(some))
        found |= {row.id: row for row in session.exec(statement)}
    return [found[id_] for id_ in ids]


def _kinds(
    session: Session, keys: Keys, desk_ids: frozenset[str], known_on: datetime, asked: tuple[date, date] | None,
    also: Sequence[str],
) -> _Kinds:  # fmt: skip
    """Each registration that counts, with all that makes it count as it does: those of which nothing was changed since
    as they stand, the others as they were."""
    desk_keys = dict(session.exec(select(Desk.id, Desk.key)).all())
    names, known = (*_COLUMNS, *also), (~_merged(known_on), col(Registration.created_at) <= known_on)
    opening = {id_: keys.opener(key, "registration", earlier.CARE_NEED) for id_, key in desk_keys.items()}
    before = earlier.since(session, desk_ids, known_on)
    which = _countable(desk_ids, asked)
    outcomes = _outcomes(session, desk_keys, keys, which, known_on)

    def kind(desk_id: str, row: Sequence[Any]) -> tuple[str, tuple[Any, ...]]:
        id_, _, care_need, replied = row[:_ALIKE]
        care = "" if care_need is None else opening[desk_id](id_, care_need)
        replied = local_day(replied) if replied is not None and replied <= known_on else None
        return id_, (replied, *row[_ALIKE:], care, outcomes.get(id_, ()))

    for row in _rows(session, names, (*which, *known)):
        if row[0] not in before:
            yield kind(row[1], row)
    more = tuple(name for name in earlier.COUNTED if name not in names)
    for some in _chunks(list(before)):
        these = col(Registration.id).in_(some)
        outcomes = _outcomes(session, desk_keys, keys, [these], known_on)
        for row in _rows(session, (*names, *more), (these, *known)):
            then = {**row._mapping, **before[row[0]]}
            if _counted(then, desk_ids, asked):
                yield kind(row[1], tuple(then[name] for name in names))


def _rows(session: Session, names: Sequence[str], which: Sequence[Any]) -> Iterator[Any]:
    """These columns of these requests, some thousand at a time: a third of what one by one costs."""
    statement = select(*(getattr(Registration, name) for name in names)).where(*which)
    for some in session.connection().execute(statement).partitions(_AT_ONCE):
        yield from some


def _countable(desk_ids: frozenset[str], asked: tuple[date, date] | None) -> list[Any]:
    """What is counted as it stands now; `_counted` says the same of a request as it was."""
    found = [
        col(Registration.desk_id).in_(desk_ids),
        col(Registration.state) != "ticket",
        col(Registration.source).in_(_OURS),
        col(Registration.counted_in) == "here",
    ]
    return found if asked is None else [*found, col(Registration.asked_on).between(*asked)]


def _counted(row: Mapping[str, Any], desk_ids: frozenset[str], asked: tuple[date, date] | None) -> bool:
    is_ours = row["desk_id"] in desk_ids and row["source"] in _OURS and row["counted_in"] == "here"
    return is_ours and row["state"] != "ticket" and (asked is None or asked[0] <= row["asked_on"] <= asked[1])


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


def _request(key: tuple[Any, ...], many: int) -> Request:
    first_reply_on, asked_on, start, rules, *told, care, outcomes = key
    flags = _flags(tuple(told[: 2 * len(_FLAGS)]), care)
    return Request(
        asked_on, start, flags, _rules(rules), outcomes, first_reply_on, many, tuple(told[2 * len(_FLAGS) :])
    )


@lru_cache(maxsize=8192)
def _flags(told: tuple[bool | None, ...], care: str) -> Mapping[str, bool | None]:
    """What counts of each category: what a colleague decided, else what the answers say."""
    need = json.loads(care) if care else {"value": None, "override": None}
    derived, decided = (*told[: len(_FLAGS)], need["value"]), (*told[len(_FLAGS) :], need["override"])
    pairs = zip((*_FLAGS, earlier.CARE_NEED), derived, decided, strict=True)
    return MappingProxyType({flag: value if other is None else other for flag, value, other in pairs})


@lru_cache(maxsize=1024)
def _rules(text: str) -> Mapping[str, str | None]:
    return MappingProxyType(json.loads(text))


def _outcomes(
    session: Session, desk_keys: Mapping[str, bytes], keys: Keys, counted: Sequence[Any], known_on: datetime
) -> dict[str, _Outcomes]:
    found: dict[str, _Outcomes] = {}
    statement = (
        select(
            Outcome.id, Outcome.desk_id, Outcome.registration_id, Outcome.code, Outcome.reason,
            Outcome.sealed_reason, Outcome.since,
        )  # type: ignore[call-overload]
        .join(Registration, col(Registration.id) == col(Outcome.registration_id))
        .where(col(Outcome.recorded_at) <= known_on, *counted)
        .order_by(col(Outcome.since), col(Outcome.recorded_at))
    )  # fmt: skip
    for id_, desk_id, registration_id, code, reason, sealed, since in session.connection().execute(statement).all():
        if sealed is not None:
            reason = keys.open(desk_keys[desk_id], "outcome", "sealed_reason", id_, sealed)
        found[registration_id] = (*found.get(registration_id, ()), (since, code, reason))
    return found
