"""The desk's pages of one conversation, what can be done with it, and a request that is keyed in."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from flows.engine.turn import local_day
from intake import correcting, desk, keyed_in, referral
from intake.correcting import Given
from intake.desk import Act, DeskError
from intake.installation import Installation
from intake.web import previews, showing, showing_together, spoken, words
from intake.web.auth import may, posted, theirs
from intake.web.pages import Form, back_to, page, told
from intake.web.previews import Preview
from storage import audit, conversations, desks, queue, registrations
from storage.models import Registration
from storage.staff import Person

router = APIRouter(prefix="/desk", tags=["desk"], include_in_schema=False)
Reader = Annotated[Person, Depends(may("queue"))]
Worker = Annotated[Person, Depends(may("act"))]
Posted = Annotated[Form, Depends(posted)]


@router.get("/new")
def new_request(request: Request, person: Worker) -> HTMLResponse:
    """One page for who stands at the counter or is on the phone."""
    return _new(request, person, {})


@router.post("/new")
def keep_request(request: Request, person: Worker, form: Posted) -> Response:
    here, now = _here(request), request.app.state.now()
    try:
        id_ = theirs(request).write(
            lambda session: keyed_in.keep(session, here, person, form.get("desk", ""), joined(form), now)
        ).result()  # fmt: skip
    except DeskError as problem:
        return _new(request, person, form, problem)
    return back_to(f"/desk/conversations/{id_}", "keyed-in")


@router.post("/new/needless")
def needless(request: Request, person: Worker, form: Posted) -> Response:
    """The same page, with what need not be asked any more; nothing is kept."""
    return _new(request, person, form)


@router.get("/conversations/{conversation_id}")
def conversation(request: Request, conversation_id: str, person: Reader, all: str = "") -> HTMLResponse:
    return _conversation(request, conversation_id, person, everything=bool(all))


@router.post("/conversations/{conversation_id}/claim")
def claim(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    return do(request, conversation_id, person, form, Act.claim)


@router.post("/conversations/{conversation_id}/heartbeat")
def heartbeat(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    act(request, conversation_id, person, Act.heartbeat)
    return Response(status_code=204)


@router.post("/conversations/{conversation_id}/release")
def release(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    return do(request, conversation_id, person, form, Act.release, "released", "/desk")


@router.post("/conversations/{conversation_id}/hand-back")
def hand_back(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    return do(request, conversation_id, person, form, Act.hand_back, "handed-back")


@router.post("/conversations/{conversation_id}/snooze")
def snooze(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    on, reason = form.get("on", ""), form.get("reason", "")
    return do(request, conversation_id, person, form, lambda each: each.snooze(on, reason), "snoozed", "/desk")


@router.post("/conversations/{conversation_id}/close")
def close(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    return do(request, conversation_id, person, form, Act.close, "closed", "/desk")


@router.post("/conversations/{conversation_id}/reopen")
def reopen(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    return do(request, conversation_id, person, form, Act.reopen)


@router.post("/conversations/{conversation_id}/phrase")
def phrase(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    key, given = form.get("phrase", ""), previews.filled_in(form)
    return do(request, conversation_id, person, form, lambda each: each.phrase(key, given), "sent")


@router.post("/conversations/{conversation_id}/reply")
def reply(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    return do(request, conversation_id, person, form, lambda each: each.reply(form.get("text", "")), "sent")


@router.post("/conversations/{conversation_id}/preview")
def preview(request: Request, conversation_id: str, person: Worker, form: Posted) -> HTMLResponse:
    """What the family would get, exactly; nothing is sent. Alone where a script asks for just that."""
    here, now = _here(request), request.app.state.now()
    with theirs(request).read() as session:
        shown = previews.show(session, here, person, conversation_id, form, now)
    if request.headers.get("X-Piece"):
        return page(request, "preview.html", "queue", preview=shown)
    return _conversation(request, conversation_id, person, typed=form, preview=shown)


@router.post("/conversations/{conversation_id}/note")
def note(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    return do(request, conversation_id, person, form, lambda each: each.note(form.get("text", "")), "noted")


@router.post("/conversations/{conversation_id}/part")
def part(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    return do(request, conversation_id, person, form, lambda each: each.part(form.get("address", "")), "parted")


@router.post("/conversations/{conversation_id}/keep")
def keep(request: Request, conversation_id: str, person: Worker, form: Posted) -> Response:
    return do(request, conversation_id, person, form, Act.keep, "kept")


@router.post("/registrations/{registration_id}/correct")
def correct(request: Request, registration_id: str, person: Worker, form: Posted) -> Response:
    """The form of its answers: what was changed on it."""
    given = {
        name.removeprefix("a."): Given(text.strip(), form.get(f"was.{name.removeprefix('a.')}"))
        for name, text in form.items()
        if name.startswith("a.")
    }
    takes_over = form.get("take_over") == "yes"
    return _do_on_request(
        request, registration_id, person, form,
        lambda each, row: correcting.all_of_them(each, row, given, takes_over=takes_over), "corrected",
    )  # fmt: skip


@router.get("/registrations/{registration_id}/sheet")
def sheet(request: Request, registration_id: str, person: Reader) -> HTMLResponse:
    """A request on one page, to print."""
    here, now = _here(request), request.app.state.now()
    with theirs(request).read() as session:
        row = registrations.get(session, registration_id, person.desk_ids)
        found = conversations.view(session, here.keys, person.desk_ids, row.conversation_id) if row else None
        if row is None or found is None:
            raise desk.not_there()
        view = showing.conversation(session, here, found, person, now)
        name = desks.names(session)[row.desk_id]
    place = next(place for place, each in enumerate(view.registrations) if each.id == registration_id)
    return page(
        request, "sheet.html", "queue", view=view, registration=view.registrations[place], desk_name=name,
        answers=[each for each in view.answers[place] if each.shown], asked_on=words.date_of(row.asked_on),
        printed=words.day(now),
    )  # fmt: skip


@router.post("/registrations/{registration_id}/override")
def override(request: Request, registration_id: str, person: Worker, form: Posted) -> Response:
    value = {"yes": True, "no": False}.get(form.get("value", ""))
    flag, reason = form.get("flag", ""), form.get("reason", "")
    return _do_on_request(
        request, registration_id, person, form, lambda each, row: each.override(row, flag, value, reason), "decided"
    )


@router.post("/registrations/{registration_id}/same")
def same(request: Request, registration_id: str, person: Worker, form: Posted) -> Response:
    other = form.get("other", "")
    return _do_on_request(
        request, registration_id, person, form, lambda each, row: each.same_child(row, other), "merged"
    )


@router.post("/registrations/{registration_id}/own")
def own(request: Request, registration_id: str, person: Worker, form: Posted) -> Response:
    return _do_on_request(request, registration_id, person, form, lambda each, row: each.own_request(row), "unmerged")


@router.post("/registrations/{registration_id}/outcome")
def outcome(request: Request, registration_id: str, person: Worker, form: Posted) -> Response:
    chosen, on = form.get("outcome", ""), form.get("on", "")
    return _do_on_request(
        request, registration_id, person, form, lambda each, row: each.set_outcome(row, chosen, on), "outcome"
    )


@router.post("/registrations/{registration_id}/refer")
def refer(request: Request, registration_id: str, person: Worker, form: Posted) -> Response:
    return _do_on_request(
        request, registration_id, person, form, lambda each, row: referral.send(each, row, form), "referred"
    )


@router.post("/registrations/{registration_id}/answered")
def answered(request: Request, registration_id: str, person: Worker, form: Posted) -> Response:
    which, result = form.get("referral", ""), form.get("result", "")
    return _do_on_request(
        request, registration_id, person, form, lambda each, row: referral.settle(each, row, which, result), "answered"
    )


def do(
    request: Request, conversation_id: str, person: Person, form: Form, work: Callable[[Act], None], said: str = "",
    then: str = "",
) -> Response:  # fmt: skip
    try:
        act(request, conversation_id, person, work)
    except DeskError as problem:
        return _conversation(request, conversation_id, person, problem, form)
    return back_to(then or f"/desk/conversations/{conversation_id}", said)


def _do_on_request(
    request: Request, registration_id: str, person: Person, form: Form, work: Callable[[Act, Registration], None],
    said: str,
) -> Response:  # fmt: skip
    here, now = _here(request), request.app.state.now()
    kept: list[str] = []

    def remember(each: Act, row: Registration) -> None:
        kept[:] = [row.conversation_id]
        work(each, row)

    try:
        theirs(request).write(
            lambda session: desk.act_on_request(session, here, person, registration_id, now, remember)
        ).result()
    except DeskError as problem:
        if not kept:
            raise
        return _conversation(request, kept[0], person, problem, form)
    return back_to(f"/desk/conversations/{kept[0]}", said)


def act(request: Request, conversation_id: str, person: Person, work: Callable[[Act], None]) -> None:
    here, now = _here(request), request.app.state.now()
    theirs(request).write(lambda session: desk.act(session, here, person, conversation_id, now, work)).result()


def _conversation(
    request: Request, conversation_id: str, person: Person, problem: DeskError | None = None, typed: Form | None = None,
    preview: Preview | None = None, *, everything: bool = False,
) -> HTMLResponse:  # fmt: skip
    """The page of a conversation; after a mistake with its sentence and what was typed."""
    here, now = _here(request), request.app.state.now()
    with theirs(request).read() as session:
        found = conversations.view(session, here.keys, person.desk_ids, conversation_id)
        if found is None:
            raise desk.not_there()
        view = showing.conversation(session, here, found, person, now, everything=everything)
        others = showing_together.others(session, here, found, person, now)
        waiting = queue.waiting_count(session, person.desk_ids, now, spoken.chosen(request))
        has_looked, desk_id = audit.has_looked(session, person.id, conversation_id, now), found.conversation.desk_id
    if not has_looked:
        theirs(request).write(lambda session: audit.look(session, now, desk_id, person.id, conversation_id)).result()
    status = problem.status if problem else 200
    return page(
        request,
        "conversation.html",
        "queue",
        status,
        view=view,
        typed=typed or {},
        preview=preview,
        others=others,
        waiting=waiting,
        conflicts=getattr(problem, "keys", ()),
        **told(problem),
    )


def _new(request: Request, person: Person, typed: Form, problem: DeskError | None = None) -> HTMLResponse:
    here, now = _here(request), request.app.state.now()
    with theirs(request).read() as session:
        own = [each for each in desks.everything(session) if each.id in person.desk_ids]
        seen = here.desk(session, own[0].id)[0] if own else None
    asked = list(keyed_in.fields(here, seen, local_day(now))) if seen else []
    needless = keyed_in.not_needed(here, seen, joined(typed), now) if seen and typed else frozenset()
    languages = [(code, words.language(code)) for code in here.words]
    return page(
        request, "new_request.html", "new", problem.status if problem else 200, desks=own, typed=typed,
        parts=[[field for field in asked if field.part == part] for part in (1, 2, 3)], languages=languages,
        needless=[field.label for field in asked if field.key in needless],
        **told(problem),
    )  # fmt: skip


def joined(form: Form) -> Form:
    """Boxes that were ticked ("extended.1", "extended.3") as one answer ("1 3")."""
    several: dict[str, str] = {}
    for name in form:
        key, _, number = name.partition(".")
        if number:
            several[key] = f"{several.get(key, '')} {number}".strip()
    return {**form, **several}


def _here(request: Request) -> Installation:
    return request.app.state.installation  # type: ignore[no-any-return]
