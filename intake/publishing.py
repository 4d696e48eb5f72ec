"""Counts for everybody: small ones hidden, given once. What was published stays the only thing that is given of it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from flows.definitions import Definition, Outcome
from flows.engine.turn import local_day
from intake import public, reports
from intake.installation import Installation
from intake.public import TooSmall
from intake.reports import COLUMNS, Measure, Report, Wanted, WrongReport
from intake.said import said
from storage import audit, desks, publications
from storage.database import Session

_TOGETHER = "%(year)s was published for all desks together: the other way round would give hidden numbers away"
_APART = "%(year)s was published desk by desk: the other way round would give hidden numbers away"


def publish(
    session: Session, here: Installation, wanted: Wanted, now: datetime, desk_ids: frozenset[str], threshold: int,
    author: str = "",
) -> Report:  # fmt: skip
    """The public counts of a whole year; made now, or exactly as they were made before. Raises `WrongReport`.

    `desk_ids`: every desk there is, of which one or all are wanted.
    """
    if wanted.as_of or wanted.known_on:
        raise WrongReport("public counts have one fixed day: leave --as-of and --known-on out")
    if wanted.year >= local_day(now).year:
        raise WrongReport(said("%(year)s is not over: only whole years are published", year=wanted.year))
    report = reports.counts(session, here, wanted, now, desk_ids)
    asked_as = json.dumps([report.definition.id, report.year_rule.value, threshold])
    desk = desks.by_slug(session, wanted.desk) if wanted.desk else None
    before = publications.of_year(session, wanted.year)
    for each in before:
        if each.desk_id == (desk.id if desk else None):
            if each.asked_as != asked_as:
                told = " ".join(map(str, json.loads(each.asked_as)))
                raise WrongReport(
                    said("%(year)s was published on %(day)s by %(how)s: another version beside it would give hidden"
                         " numbers away; ask for that one", year=wanted.year, day=local_day(each.at), how=told)
                )  # fmt: skip
            return _again(report, json.loads(each.content))
        if (each.desk_id is None or desk is None) and len(desk_ids) > 1:
            raise WrongReport(said(_TOGETHER if each.desk_id is None else _APART, year=wanted.year))
    found = _hide(report, threshold)
    kept = {
        "measures": [asdict(each) for each in found.measures], "suppressed": found.suppressed,
        "as_of": found.as_of.isoformat(), "known_on": found.known_on.isoformat(), "categories": found.categories,
    }  # fmt: skip
    publications.keep(session, wanted.year, desk.id if desk else None, asked_as, json.dumps(kept), now)
    audit.add(session, now, desk.id if desk else None, author, "published", str(wanted.year))
    return found


def published(
    session: Session, here: Installation, wanted: Wanted, now: datetime, desk_ids: frozenset[str]
) -> Report | None:
    """What was made public of this year and desk, as it was. Raises `WrongReport`."""
    desk = desks.by_slug(session, wanted.desk) if wanted.desk else None
    for each in publications.of_year(session, wanted.year):
        if each.desk_id == (desk.id if desk else None):
            definition, rule, _ = json.loads(each.asked_as)
            asked = Wanted(wanted.year, wanted.desk, definition, rule)
            return _again(reports.counts(session, here, asked, now, desk_ids), json.loads(each.content))
    return None


def _hide(report: Report, threshold: int) -> Report:
    table = {
        each.measure: {column: getattr(each, column) for column in COLUMNS} for each in report.measures
    }  # fmt: skip
    try:
        hidden = public.protect(table, threshold, parts_are_disjoint=_is_disjoint(report.definition))
    except TooSmall as problem:
        raise WrongReport(problem.said) from None
    names = {str(cell) for cell in hidden}
    measures = tuple(
        Measure(**asdict(each) | {column: None for column in COLUMNS if f"{each.measure}.{column}" in names})
        for each in report.measures
    )
    return replace(report, measures=measures, overlap=(), suppressed=tuple(sorted(names)))


def _is_disjoint(definition: Definition) -> bool:
    """Whether nothing that is open or unreachable is unanswered."""
    late = definition.before_start or definition.reply_within is not None
    return not late and not definition.outcomes & {Outcome.OPEN, Outcome.UNREACHABLE}


def _again(report: Report, kept: Mapping[str, Any]) -> Report:
    """What was published, whatever is known since."""
    return replace(
        report, measures=tuple(Measure(**each) for each in kept["measures"]), suppressed=tuple(kept["suppressed"]),
        as_of=date.fromisoformat(kept["as_of"]), known_on=datetime.fromisoformat(kept["known_on"]), overlap=(),
        categories=kept.get("categories", report.categories),
    )  # fmt: skip
