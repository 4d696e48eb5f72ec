"""A report as it was filed, row by row without names, and what explains later differences line by line."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flows import definitions
from intake import reports
from intake.installation import Installation
from intake.reports import Wanted, WrongReport
from storage import frozen
from storage import reports as kept
from storage.database import Session
from storage.reports import Request


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


@dataclass(frozen=True, slots=True)
class Row:
    """One request that counts. `results`: definition -> unanswered, None where nothing is defined."""

    id: str
    reference: str
    flags: dict[str, bool | None]
    results: dict[str, bool | None]
    recorded: str  # when its last outcome was, "" when none


def diff(session: Session, here: Installation, sent: str, now: datetime, desk_ids: frozenset[str]) -> Iterator[str]:
    """What is otherwise today than in a frozen file, a line each. Raises `WrongReport`."""
    before = _read(sent)
    report = before["report"]
    wanted = Wanted(
        int(report["year"]), report["desk"], report["definitions"]["unanswered"], report["definitions"]["year"],
        date.fromisoformat(report["as_of"]),
    )  # fmt: skip
    today = reports.counts(session, here, wanted, now, desk_ids).as_json()
    yield from _totals(report["measures"], today["measures"])  # type: ignore[arg-type]
    rows = {row.id: row for row in _counted(session, here, wanted, now, desk_ids)}
    known = frozen.requests(session, [each["id"] for each in before["rows"]])
    for each in before["rows"]:
        id_ = known.get(each["id"])
        if id_ is None:
            yield f"{each['id']}: is not kept any more (erased, or made anonymous)"
        elif id_ not in rows:
            yield f"{each['id']}: does not count any more: {frozen.why_not(session, id_)}"
        else:
            yield from _changes(each, rows[id_])
    was_there = set(known.values())
    for id_, row in rows.items():
        if id_ not in was_there:
            yield f"{row.reference}: counts now, and did not then (written later, or no longer merged)"


def _counted(
    session: Session, here: Installation, wanted: Wanted, now: datetime, desk_ids: frozenset[str]
) -> Iterator[Row]:
    frame = reports.frame(session, here, wanted, now, desk_ids)
    known = definitions.load().unanswered
    every = known if frame.definition in known else (*known, frame.definition)
    references = frozen.references(session, frame.desk_ids)
    for id_, request in kept.each(session, here.keys, frame.desk_ids, frame.known_on, frame.asked):
        asked = reports.asked_of(request)
        if reports.is_counted(asked, frame, wanted.year):
            results = {each.id: each.is_unanswered(asked, frame.as_of) for each in every}
            yield Row(id_, references[id_], dict(request.flags), results, _recorded(request))


def _recorded(request: Request) -> str:
    return request.outcomes[-1][0].isoformat() if request.outcomes else ""


def _changes(before: dict[str, Any], now: Row) -> Iterator[str]:
    for flag, value in before["flags"].items():
        if now.flags.get(flag) != value:
            yield f"{before['id']} ({now.reference}): {flag} was {_shown(value)}, is {_shown(now.flags.get(flag))}"
    for id_, value in before["unanswered"].items():
        if id_ in now.results and now.results[id_] != value:
            since = f", by its outcome of {now.recorded}" if now.recorded else ""
            yield (
                f"{before['id']} ({now.reference}): unanswered by {id_} was {_shown(value)}, "
                f"is {_shown(now.results[id_])}{since}"
            )


def _totals(before: list[dict[str, Any]], now: list[dict[str, Any]]) -> Iterator[str]:
    today = {row["measure"]: row for row in now}
    for row in before:
        for column, value in row.items():
            if today[row["measure"]][column] != value:
                yield f"{row['measure']}.{column}: was {value}, is {today[row['measure']][column]}"


def _read(sent: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(sent)
        claimed = found.pop("hash")
        found["rows"], found["report"]["definitions"]["unanswered"]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise WrongReport("this is no frozen report: give a file that `report freeze` wrote") from None
    if claimed != _hash(found):
        raise WrongReport("this file was changed after it was frozen: its hash does not fit")
    return found


def _hash(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _shown(value: bool | None) -> str:
    return {True: "yes", False: "no", None: "unknown"}[value]
