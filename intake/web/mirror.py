"""The equity mirror as a page: per language and channel, at which question families stop."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from intake import mirror, reports
from intake.mirror import Language, Passed
from intake.web import charts, report_words, words
from intake.web import wanted as asked_for
from intake.web.auth import may, theirs
from intake.web.charts import Bar
from intake.web.pages import page, translate
from intake.web.reports import frame
from storage.staff import Person

router = APIRouter(prefix="/reports", tags=["reports"], include_in_schema=False)
Reader = Annotated[Person, Depends(may("reports"))]


@router.get("/languages")
def languages(request: Request, person: Reader) -> HTMLResponse:
    wanted, report = asked_for.report(request, person)
    state = request.app.state
    form, now = state.installation.form, state.now()
    with theirs(request).read() as session:
        chosen = reports.frame(session, state.installation, wanted, now, person.desk_ids).desk_ids
        found = mirror.look(session, chosen, report.year, [each.id for each in form.questions], now)
    labels = {each.id: each.label for each in form.questions}
    return page(
        request, "report_languages.html", "reports", **frame(request, person, wanted, report, "languages"),
        found=[_shown(each, labels) for each in found.languages], hidden=found.hidden,
        often=[words.language(each.code) for each in found.languages if each.often],
        chart=charts.lying("per-language", translate("Stopped half-way, per language"), [*map(_bar, found.languages)]),
    )  # fmt: skip


def _shown(each: Language, labels: Mapping[str, str]) -> Mapping[str, object]:
    return {
        "name": words.language(each.code), "whole": _numbers(each.whole), "often": each.often,
        "share": "" if each.share is None else f"{each.share} %",
        "wait": _wait(each.whole),
        "questions": [
            (report_words.part("channel", channel), labels.get(key, key), _numbers(passed), _wait(passed))
            for channel, key, passed in each.questions
        ],
    }  # fmt: skip


def _numbers(passed: Passed) -> list[str]:
    told = (passed.started, passed.repaired, passed.handed_over, passed.dropped, passed.finished)
    return [f"1–{mirror.FEWEST - 1}" if count is None else str(count) for count in told]


def _wait(passed: Passed) -> str:
    return "" if passed.wait is None else words.span(passed.wait)


def _bar(each: Language) -> Bar:
    began, dropped = each.whole.started or 0, each.whole.dropped
    text = str(began) if dropped is None else report_words.of(dropped, began)
    return Bar(words.language(each.code), began, dropped, text)
