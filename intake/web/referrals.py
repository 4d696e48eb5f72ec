"""For referrers: file a request for a family, see how far one's own are, print a page for a family without a phone."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from flows.desk import SOURCE
from flows.engine.turn import local_day
from flows.events import Prompt
from flows.wording import reference
from intake import referring
from intake.desk import DeskError, not_there
from intake.installation import Installation
from intake.referring import LifeLine
from intake.web import words
from intake.web.auth import may, posted, theirs
from intake.web.desk import joined
from intake.web.pages import Form, back_to, page, told, translate
from storage import audit, desks, filings
from storage.filings import Filed
from storage.models import Desk
from storage.staff import Person

router = APIRouter(prefix="/desk/refer", tags=["desk"], include_in_schema=False)
Referrer = Annotated[Person, Depends(may("refer"))]
Posted = Annotated[Form, Depends(posted)]
STATES = {
    LifeLine.RECEIVED: "Received",
    LifeLine.LOOKED_AT: "Being looked at",
    LifeLine.ANSWERED: "The family has an answer",
    LifeLine.NO_PLACE: "No place found",
    LifeLine.CLOSED: "Closed",
}


@router.get("")
def mine(request: Request, person: Referrer) -> HTMLResponse:
    """Everything this referrer filed, and nothing else."""
    here: Installation = request.app.state.installation
    with theirs(request).read() as session:
        rows = [_row(each) for each in filings.of_person(session, here.keys, person)]
    return page(request, "referrals.html", "refer", rows=rows)


@router.get("/new")
def new(request: Request, person: Referrer, like: str = "") -> HTMLResponse:
    """`like`: an earlier one of their own, whose answers stand there already."""
    here: Installation = request.app.state.installation
    typed: dict[str, str] = {}
    if like:
        with theirs(request).read() as session:
            found = filings.get(session, here.keys, person, like)
        if found is None:
            raise not_there()
        typed = {key: text for key, text in found.typed.items() if key not in referring.NOT_COPIED}
    return _form(request, person, typed)


@router.post("/new")
def file(request: Request, person: Referrer, form: Posted) -> Response:
    state = request.app.state
    given = joined(form)
    kept = {key: text for key, text in given.items() if key != "csrf"}
    try:
        id_ = (
            theirs(request)
            .write(
                lambda session: referring.file(
                    session, state.installation, person, form.get("desk", ""), kept, state.now()
                )
            )
            .result()
        )
    except DeskError as problem:
        return _form(request, person, form, problem)
    return back_to(f"/desk/refer/{id_}", "filed")


@router.get("/{referral_id}")
def one(request: Request, referral_id: str, person: Referrer) -> HTMLResponse:
    """How far it is, and the page to print, in the family's language beside the Dutch."""
    state, now = request.app.state, request.app.state.now()
    here: Installation = state.installation
    with theirs(request).read() as session:
        found = filings.get(session, here.keys, person, referral_id)
        if found is None:
            raise not_there()
        desk = session.get_one(Desk, found.row.desk_id)
        seen, _ = here.desk(session, desk.id)
    theirs(request).write(
        lambda session: audit.add(session, now, desk.id, person.id, "filing_read", found.row.conversation_id)
    ).result()
    values = {"who": found.typed.get("by", ""), "reference": found.reference, "phone": desk.number}
    told = (Prompt("asked_for.paper", tuple(values.items())), Prompt("command.privacy", (("page", seen.page),)))
    wording = here.wording_of(here.form)
    sides = [
        (code, here.words[code].direction, [wording.text(each, code) for each in told])
        for code in dict.fromkeys((SOURCE, found.language))
        if code in here.words
    ]
    return page(request, "referral.html", "refer", row=_row(found), sides=sides, desk=desk)


def _form(request: Request, person: Person, typed: Form, problem: DeskError | None = None) -> HTMLResponse:
    here: Installation = request.app.state.installation
    today = local_day(request.app.state.now())
    with theirs(request).read() as session:
        own = [each for each in desks.everything(session) if each.id in person.desk_ids]
        asked = list(referring.fields(here, here.desk(session, own[0].id)[0], today)) if own else []
    return page(
        request, "refer.html", "refer", problem.status if problem else 200, desks=own, typed=typed,
        today=today.isoformat(),
        parts=[[field for field in asked if field.part == part and field.key != "contact"] for part in (1, 2, 3)],
        contact=next((field for field in asked if field.key == "contact"), None),
        permissions=[(key, translate(label)) for key, label in referring.PERMISSIONS.items()],
        languages=[(code, words.language(code)) for code in here.words], **told(problem),
    )  # fmt: skip


def _row(filed: Filed) -> dict[str, Any]:
    """What a referrer sees of one: how far it is only where the family wants that."""
    state = translate(STATES[referring.life_line(filed)]) if filed.row.wants_feedback else ""
    return {
        "id": filed.row.id, "reference": reference(filed.reference), "on": words.date_of(local_day(filed.row.at)),
        "name": filed.typed.get("parent_name", ""), "language": words.language(filed.language), "state": state,
        "permission": translate(referring.PERMISSIONS[filed.row.permission]),
        "permitted_on": words.date_of(filed.row.permitted_on),
    }  # fmt: skip
