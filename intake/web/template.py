"""The yearly counts in the columns of the official template: what stands where, what is empty, and which mapping."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from intake import reports, spreadsheet, template
from intake.desk import MAY, DeskError
from intake.reports import Wanted, WrongReport
from intake.said import Said
from intake.template import Filled, WrongTemplate
from intake.web.auth import may, posted, theirs
from intake.web.pages import Form, back_to, page, translate
from intake.web.queries import KNOWN
from intake.web.uploads import uploaded
from intake.web.wanted import year_of
from storage import audit, desks, templates
from storage.database import Session
from storage.staff import Person

router = APIRouter(prefix="/reports/template", tags=["reports"], include_in_schema=False, dependencies=[KNOWN])
Reader = Annotated[Person, Depends(may("reports"))]
Keeper = Annotated[Person, Depends(may("template"))]
_ROOM = 4096  # bytes around the file in its form


@router.get("")
def show(request: Request, person: Reader) -> HTMLResponse:
    return _page(request, person)


@router.get("/counts.csv")
def as_csv(request: Request, person: Reader) -> Response:
    wanted, filled, _ = _filled(request, person)
    return PlainTextResponse(filled.as_csv(), media_type="text/csv", headers=_as_file(wanted, "csv"))


@router.get("/counts.xlsx")
def as_xlsx(request: Request, person: Reader) -> Response:
    wanted, filled, _ = _filled(request, person)
    return Response(filled.as_xlsx(), media_type=spreadsheet.MEDIA_TYPE, headers=_as_file(wanted, "xlsx"))


@router.get("/mapping.yaml")
def mapping(request: Request, person: Reader) -> Response:
    """The mapping that is in use, to change it and to send it back."""
    with theirs(request).read() as session:
        text = templates.kept(session) or template.SAMPLE.read_text("utf-8")
    headers = {"Content-Disposition": 'attachment; filename="mapping.yaml"'}
    return PlainTextResponse(text, media_type="application/yaml", headers=headers)


@router.post("")
async def keep(request: Request, person: Keeper) -> Response:
    sent = await uploaded(request, template.LARGEST + _ROOM)
    try:
        template.read(sent.content, translate("the file"))
    except WrongTemplate as problem:
        return _page(request, person, problem.faults)
    return _keep(request, person, sent.content.decode("utf-8-sig"), "template")


@router.post("/sample")
def sample(request: Request, person: Keeper, form: Annotated[Form, Depends(posted)]) -> Response:
    """Back to the sample: what was kept goes."""
    return _keep(request, person, None, "template-sample")


def _keep(request: Request, person: Person, text: str | None, said: str) -> Response:
    now = request.app.state.now()

    def work(session: Session) -> None:
        templates.keep(session, text)
        audit.add(session, now, None, person.id, "template", "kept" if text else "sample")

    theirs(request).write(work).result()
    return back_to("/reports/template", said)


def _page(request: Request, person: Person, faults: Sequence[Said] = ()) -> HTMLResponse:
    wanted, filled, is_sample = _filled(request, person)
    with theirs(request).read() as session:
        own = [each for each in desks.everything(session) if each.id in person.desk_ids]
    return page(
        request, "template.html", "reports", 422 if faults else 200, filled=filled, wanted=wanted, desks=own,
        years=reports.years(request.app.state.now()), is_sample=is_sample, may_keep="template" in MAY[person.role],
        faults=[translate(each.sentence, **each.values) for each in faults],
        query={"year": wanted.year, "desk": wanted.desk or ""},
    )  # fmt: skip


def _filled(request: Request, person: Person) -> tuple[Wanted, Filled, bool]:
    """What was asked for, in the columns of the mapping that is kept or of the sample."""
    state, given = request.app.state, request.query_params
    try:
        wanted = Wanted(year_of(request), given.get("desk") or None)
        with theirs(request).read() as session:
            kept = templates.kept(session)
            chosen = template.read(template.SAMPLE.read_bytes() if kept is None else kept.encode())
            counted = template.count(session, state.installation, chosen, wanted, state.now(), person.desk_ids)
    except (WrongReport, ValueError):
        raise DeskError(404, "Choose a year and one of your desks.") from None
    return wanted, template.fill(chosen, counted), kept is None


def _as_file(wanted: Wanted, kind: str) -> dict[str, str]:
    desk = f"-{wanted.desk}" if wanted.desk else ""
    return {"Content-Disposition": f'attachment; filename="sjabloon-{wanted.year}{desk}.{kind}"'}
