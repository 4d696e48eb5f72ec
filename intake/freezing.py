"""A report as it was filed, row by row without names, and what explains later differences line by line."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel

from flows import definitions
from intake import reports
from intake.installation import Installation
from intake.reports import Wanted, WrongReport
from intake.said import Said, said
from storage import frozen
from storage import reports as kept
from storage.database import Session

_WHY = {  # a request that was counted is not any more
    "merged": said("merged into another request"),
    "counted_in": said("counted by another register"),
    "source": said("its source is one that does not count"),
    "other": said("no request after all, or of another year or desk"),
}


def freeze(
    session: Session, here: Installation, wanted: Wanted, now: datetime, desk_ids: frozenset[str]
) -> dict[str, Any]:
    """Totals, and for each request a random id, its categories and its result under every definition; with a hash."""
    report = reports.counts(session, here, wanted, now, desk_ids).as_json()
    found = list(_counted(session, here, wanted, now, desk_ids))
    names = frozen.name(session, [row.id for row in found])
    content = {
        "frozen_at": now.isoformat(), "report": report,
        "rows": [{"id": names[row.id], "flags": row.flags, "unanswered": row.results} for row in found],
    }  # fmt: skip
    return {**content, "hash": _hash(content)}


class FrozenDefinitions(BaseModel):
    unanswered: str
    year: str


class FrozenCounts(BaseModel):
    year: int
    desk: str | None
    definitions: FrozenDefinitions
    as_of: date
    measures: list[dict[str, str | bool | int | None]]

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.year, self.desk, self.definitions.unanswered, self.definitions.year, self.as_of)


class FrozenRow(BaseModel):
    id: str
    flags: dict[str, bool | None]
    unanswered: dict[str, bool | None]


class FrozenReport(BaseModel):
    """What is read of a file that `freeze` made."""

    report: FrozenCounts
    rows: list[FrozenRow]


@dataclass(frozen=True, slots=True)
class Row:
    """One request that counts. `results`: definition -> unanswered, None where nothing is defined."""

    id: str
    reference: str
    flags: dict[str, bool | None]
    results: dict[str, bool | None]
    since: str  # from which day on its outcome is what it is, "" when none


def diff(session: Session, here: Installation, sent: str, now: datetime, desk_ids: frozenset[str]) -> Iterator[Said]:
    """What is otherwise today than in a frozen file, a line each. Raises `WrongReport`."""
    before = read(sent)
    wanted = before.report.wanted
    today = reports.counts(session, here, wanted, now, desk_ids)
    yield from _totals(before.report.measures, {each.measure: asdict(each) for each in today.measures})
    rows = {row.id: row for row in _counted(session, here, wanted, now, desk_ids)}
    known = frozen.requests(session, [each.id for each in before.rows])
    for each in before.rows:
        id_ = known.get(each.id)
        if id_ is None:
            yield said("%(id)s: is not kept any more (erased, or made anonymous)", id=each.id)
        elif id_ not in rows:
            yield said("%(id)s: does not count any more: %(why)s", id=each.id, why=_WHY[frozen.why_not(session, id_)])
        else:
            yield from _changes(each, rows[id_])
    was_there = set(known.values())
    for id_, row in rows.items():
        if id_ not in was_there:
            yield said("%(reference)s: counts now, and did not then (written later, or no longer merged)",
                       reference=row.reference)  # fmt: skip


def _counted(
    session: Session, here: Installation, wanted: Wanted, now: datetime, desk_ids: frozenset[str]
) -> Iterator[Row]:
    frame = reports.frame(session, here, wanted, now, desk_ids)
    known = definitions.load().unanswered
    every = known if frame.definition in known else (*known, frame.definition)
    references = frozen.references(session, frame.desk_ids)
    for request in kept.each(session, here.keys, replace(frame.looked(), firsts=True)):
        asked = reports.asked_of(request)
        if reports.is_counted(asked, frame, wanted.year):
            results = {each.id: each.is_unanswered(asked, frame.as_of) for each in every}
            flags = dict(zip(kept.FLAGS, request.flags, strict=True))
            since = request.since.isoformat() if request.since else ""
            yield Row(request.id, references[request.id], flags, results, since)


def _changes(before: FrozenRow, now: Row) -> Iterator[Said]:
    which = {"id": before.id, "reference": now.reference}
    for flag, value in before.flags.items():
        if now.flags.get(flag) != value:
            yield said(
                "%(id)s (%(reference)s): %(measure)s was %(before)s, is %(now)s",
                **which, measure=flag, before=_shown(value), now=_shown(now.flags.get(flag)),
            )  # fmt: skip
    for id_, value in before.unanswered.items():
        if id_ in now.results and now.results[id_] != value:
            told = {**which, "definition": id_, "before": _shown(value), "now": _shown(now.results[id_])}
            if now.since:
                yield said(
                    "%(id)s (%(reference)s): unanswered by %(definition)s was %(before)s, is %(now)s, "
                    "by its outcome of %(on)s", **told, on=now.since,
                )  # fmt: skip
            else:
                yield said(
                    "%(id)s (%(reference)s): unanswered by %(definition)s was %(before)s, is %(now)s", **told
                )  # fmt: skip


def _totals(before: list[dict[str, str | bool | int | None]], now: Mapping[str, Mapping[str, Any]]) -> Iterator[Said]:
    for row in before:
        measure = str(row.get("measure"))
        for column, value in row.items():
            today = now.get(measure, {}).get(column)
            if today != value:
                yield said("%(measure)s.%(column)s: was %(before)s, is %(now)s",
                           measure=measure, column=column, before=value, now=today)  # fmt: skip


def read(sent: str) -> FrozenReport:
    """A file that `freeze` made. Raises `WrongReport`."""
    try:
        found = json.loads(sent)
        claimed = found.pop("hash")
        content = FrozenReport.model_validate(found)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise WrongReport(said("this is no frozen report: give a file that was kept of one")) from None
    if claimed != _hash(found):
        raise WrongReport(said("this file was changed after it was frozen: its hash does not fit"))
    return content


def _hash(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _shown(value: bool | None) -> str:
    return {True: "yes", False: "no", None: "unknown"}[value]
