"""The yearly counts seen from other sides: divided, over the years, on one page for the alderman, what they mean."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from flows import definitions
from flows.answers import Flag
from flows.definitions import Explained
from intake import breakdowns
from intake.breakdowns import Breakdown, Year
from intake.desk import MAY
from intake.reports import ALL, Report
from intake.web import charts, report_words, words
from intake.web import wanted as asked_for
from intake.web.auth import may, theirs
from intake.web.charts import Bar
from intake.web.defining import own
from intake.web.pages import page, translate
from intake.web.reports import frame
from storage.staff import Person

router = APIRouter(prefix="/reports", tags=["reports"], include_in_schema=False)
Reader = Annotated[Person, Depends(may("reports"))]


@router.get("/divided")
def divided(request: Request, person: Reader) -> HTMLResponse:
    """By month, language, channel, postcode and age."""
    wanted, report = asked_for.report(request, person)
    state = request.app.state
    with theirs(request).read() as session:
        found = breakdowns.breakdowns(session, state.installation, wanted, state.now(), person.desk_ids)
    return page(
        request, "report_divided.html", "reports", **frame(request, person, wanted, report, "divided"),
        parts=[(each.by, translate(report_words.BY[each.by]), _chart(each), _rows(each)) for each in found],
    )  # fmt: skip


@router.get("/years")
def years(request: Request, person: Reader) -> HTMLResponse:
    """The same counts of earlier years, each by its own definition."""
    wanted, report = asked_for.report(request, person)
    found = _years(request, person)
    return page(
        request, "report_years.html", "reports", **frame(request, person, wanted, report, "years"), found=found,
        chart=_trend(found), dates={each.year: words.date_of(each.as_of) for each in found},
    )  # fmt: skip


@router.get("/print")
def on_one_page(request: Request, person: Reader) -> HTMLResponse:
    """Figure, definition, what is not known, day and hash: for the alderman, in Dutch."""
    wanted, report = asked_for.report(request, person)
    found = _years(request, person)
    known = definitions.load()
    names = [each.name for each in asked_for.own_desks(request, person) if report.desk in (None, each.slug)]
    return page(
        request, "report_print.html", "reports", **frame(request, person, wanted, report, "print"),
        names=names, hash=report.as_json()["hash"], chart=_trend(found) if len(found) > 1 else "", found=found,
        lines=[(report_words.measure(each.measure), each) for each in report.measures if each.registered],
        categories=_rules(request, report), unique=known.unique,
        year=next(each for each in known.years if each.id == report.year_rule),
    )  # fmt: skip


@router.get("/definitions")
def meanings(request: Request, person: Reader) -> HTMLResponse:
    """What each rule means in plain Dutch, and what is open about it."""
    wanted, report = asked_for.report(request, person)
    return page(
        request, "report_definitions.html", "reports", **frame(request, person, wanted, report, "definitions"),
        known=definitions.load(), own=own(request, person), may_define="define" in MAY[person.role],
    )  # fmt: skip


def _rules(request: Request, report: Report) -> list[Explained]:
    """What the reported categories of the year were decided by, or would have been."""
    rules, days = request.app.state.installation.rules, (date(report.year, 1, 1), date(report.year, 12, 31))
    registered = [Flag(each.measure) for each in report.measures if each.registered and each.measure != ALL]
    used = {id_ for flag in registered for id_ in report.categories[flag.value]}
    used |= {rule.id for flag in registered for day in days if (rule := rules.of(flag, day))}
    return [each for each in definitions.load().categories if each.id in used]


def _years(request: Request, person: Person) -> tuple[Year, ...]:
    state, wanted = request.app.state, asked_for.wanted(request)
    with theirs(request).read() as session:
        return breakdowns.years(session, state.installation, wanted, state.now(), person.desk_ids)


def _chart(found: Breakdown) -> str:
    draw = charts.standing if found.by == "month" else charts.lying
    bars = [
        Bar(report_words.short(found.by, each.key), each.unique, each.unanswered,
            report_words.of(each.unanswered, each.unique), name=report_words.part(found.by, each.key))
        for each in found.parts
    ]  # fmt: skip
    return draw(f"by-{found.by}", translate(report_words.BY[found.by]), bars)


def _rows(found: Breakdown) -> list[tuple[str, int, int | None]]:
    return [(report_words.part(found.by, each.key), each.unique, each.unanswered) for each in found.parts]


def _trend(found: tuple[Year, ...]) -> str:
    bars = [
        Bar(str(each.year), each.unique, each.unanswered, report_words.of(each.unanswered, each.unique),
            translate("other definition") if each.is_other else "")
        for each in found
    ]  # fmt: skip
    return charts.standing("over-the-years", translate("Over the years"), bars)
