"""Requests whose names are gone: nobody may stand out by what is left, and no yearly count changes.

A cell is what tells them apart: the desk, the year of asking, the categories, the town, the quarter of birth, the
language and the channel. Where fewer than five are alike, language and channel go first, then the quarter of birth,
then the town, until at least five are; what went cannot come back. The desk, the day of asking, the categories and
the outcomes stay, because the counts are made of them; a start on a day becomes its month where no definition tells
the two apart.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import reduce
from itertools import islice
from typing import Any

from sqlalchemy import String, bindparam, cast, extract, func, or_, select, update
from sqlmodel import Session, col

from storage import desks
from storage.models import Conversation, Desk, Earlier, Family, Outcome, Registration, table

FEWEST = 5  # the same below which no count is published
_FLAGS = ("urgent", "extended", "priority", "vulnerable")
_LADDER = (("language", "channel"), ("birth_quarter",), ("postcode",))  # what goes first is of least use
_A_DAY = "2026-03-02"  # as a start may be written; others are a month, or a word
_AT_ONCE = 500  # asked about in one statement
_TOLD = tuple(name for step in _LADDER for name in step)


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of one request in clear. `cell`: desk, year and categories, which stay."""

    id: str
    cell: tuple[object, ...]
    start: str
    told: tuple[str, ...]  # as `_TOLD`


def coarser(session: Session, going: Any = None) -> list[Left]:
    """The requests of which less would be told, as they would be. `going` selects families about to be nameless."""
    found = list(_left(session, going))
    rows = [row for row, _ in found]
    days = _days_that_matter(session, rows)
    groups = defaultdict[tuple[object, ...], list[Left]](list)
    for row, has_few in found:
        if has_few:
            groups[row.cell].append(row)
    after = {row.id: row for group in groups.values() for row in _merged(group)}
    return [each for row in rows if (each := _by_month(after.get(row.id, row), days)) != row]


def coarsen(session: Session, some: Sequence[Left]) -> None:
    """Let these requests tell less, as `coarser` found."""
    there = table(Registration)
    statement = update(there).where(there.c.id == bindparam("which")).values(
        {name: bindparam(f"new_{name}") for name in ("start", *_TOLD)}
    )  # fmt: skip
    session.connection().execute(
        statement,
        [
            {"which": row.id, "new_start": row.start}
            | {f"new_{name}": value for name, value in zip(_TOLD, row.told, strict=True)}
            for row in some
        ],
    )


def rare_languages(session: Session) -> list[str]:
    """The requests, of conversations that are closed, whose language fewer than five of the desk and the year have.
    Reports tell such a language together with others anyway."""
    there, talk = table(Registration).c, table(Conversation).c
    group = _together(there.desk_id, extract("year", there.asked_on), there.language)
    few = select(group).where(there.language != "").group_by(group).having(func.count() < FEWEST)
    closed = select(talk.id).where(talk.id == there.conversation_id, talk.status == "closed").exists()
    statement = select(there.id).where(there.language != "", group.in_(few), closed).order_by(there.id)
    return list(session.connection().execute(statement).scalars())


def forget_languages(session: Session, some: Sequence[str]) -> None:
    """Of these requests."""
    there = table(Registration)
    session.connection().execute(update(there).where(there.c.id.in_(some)).values(language=""))


def coarsen_earlier(session: Session) -> None:
    """A day on which childcare was wanted before the answer was changed becomes its month too."""
    kept, request, family = table(Earlier).c, table(Registration).c, table(Family).c
    statement = (
        select(kept.id, kept.before, request.id, request.desk_id)
        .join(table(Registration), request.id == kept.registration_id)
        .join(table(Family), family.id == request.family_id)
        .where(family.key.is_(None), kept.before.like('%"start"%'))
    )
    rows = session.connection().execute(statement).all()
    told = [(id_, json.loads(text), request_id, desk_id) for id_, text, request_id, desk_id in rows]
    starts = [Left(request_id, (desk_id,), before["start"], ()) for _, before, request_id, desk_id in told]
    days = _days_that_matter(session, starts)
    for (id_, before, _, _), start in zip(told, starts, strict=True):
        if (coarse := _by_month(start, days).start) != start.start:
            anew = update(Earlier).where(col(Earlier.id) == id_).values(before=json.dumps(before | {"start": coarse}))
            session.connection().execute(anew)


def _left(session: Session, going: Any) -> Iterator[tuple[Left, bool]]:
    """What may change: of cells in which few are alike, which is the second, and what starts on a day.

    Counted in the database: most of what was ever kept is alike with enough others by now.
    """
    request, family = table(Registration).c, table(Family).c
    nameless = family.key.is_(None)
    flags = [func.coalesce(request[f"{flag}_override"], request[flag]).label(flag) for flag in _FLAGS]
    cell = _together(request.desk_id, extract("year", request.asked_on), *flags).label("cell")
    kept = [request[name] for name in ("id", "desk_id", "asked_on", "start", *_TOLD)]
    gone = (
        select(*kept, *flags, cell)
        .join(table(Family), family.id == request.family_id)
        .where(nameless if going is None else or_(nameless, family.id.in_(going)))
        .cte()
    ).c
    told = [gone[name] for name in _TOLD]
    few = select(gone.cell).group_by(gone.cell, *told).having(func.count() < FEWEST)
    has_few = gone.cell.in_(select(few.cte()))
    statement = (
        select(gone.id, gone.desk_id, gone.asked_on, gone.start, has_few, *told, *(gone[flag] for flag in _FLAGS))
        .where(or_(has_few, func.length(gone.start) == len(_A_DAY)))
        .order_by(gone.id)
    )
    for id_, desk_id, asked_on, start, is_small, *rest in session.connection().execute(statement):
        words, counted = rest[: len(_TOLD)], rest[len(_TOLD) :]
        yield Left(id_, (desk_id, asked_on.year, *counted), start, tuple(words)), bool(is_small)


def _together(*columns: Any) -> Any:
    """One text of several columns, to be compared as one: what is not known is alike too."""
    texts: Iterator[Any] = (func.coalesce(cast(each, String), "?") for each in columns)
    return reduce(lambda one, other: one + "|" + other, texts)


def _merged(group: list[Left]) -> Iterator[Left]:
    """Down the ladder: who has enough others alike stays on a step, the others go one further."""
    rest, kept = group, list[list[Left]]()
    for step in (*_LADDER, ()):
        alike = defaultdict[tuple[str, ...], list[Left]](list)
        for row in rest:
            alike[row.told].append(row)
        kept += [cell for cell in alike.values() if len(cell) >= FEWEST]
        rest = [_without(row, step) for cell in alike.values() if len(cell) < FEWEST for row in cell]
    if rest and kept:  # too few even so: the smallest of the others joins them
        smallest = min(kept, key=len)
        kept.remove(smallest)
        rest += [_without(row, _TOLD) for row in smallest]
    yield from (row for cell in (*kept, rest) for row in cell)


def _without(row: Left, names: tuple[str, ...]) -> Left:
    told = ("" if name in names else value for name, value in zip(_TOLD, row.told, strict=True))
    return replace(row, told=tuple(told))


def _by_month(row: Left, days: dict[str, set[date]]) -> Left:
    """Definitions compare the start with outcomes and the day of filing: with none in between, a month will do."""
    if len(row.start) != len(_A_DAY):
        return row
    day = date.fromisoformat(row.start)
    first = day.replace(day=1)
    if any(first <= each <= day for each in days.get(row.id, ())):
        return row
    return replace(row, start=row.start[:7])


def _days_that_matter(session: Session, rows: list[Left]) -> dict[str, set[date]]:
    """Of each request: when its outcomes were, and when its desk files, in every year that may ask for it."""
    filing = {desk.id: desks.choices(desk).filing_day for desk in session.scalars(select(Desk).order_by(col(Desk.id)))}
    usual = desks.Choices().filing_day  # of several desks together
    found = defaultdict[str, set[date]](set)
    for row in rows:
        if len(row.start) == len(_A_DAY):
            found[row.id] |= {date.fromisoformat(f"{row.start[:4]}-{day}") for day in {filing[str(row.cell[0])], usual}}
    outcome = table(Outcome).c
    of = select(outcome.registration_id, outcome.since)
    asked = iter(sorted(found))
    while some := list(islice(asked, _AT_ONCE)):
        for id_, since in session.connection().execute(of.where(outcome.registration_id.in_(some))):
            found[id_].add(since)
    return found
