"""A list from elsewhere, looked at before it is taken: what is new, otherwise, the same, wrong, and perhaps known."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from intake import importing
from intake.desk import DeskError
from intake.importing import Result, WrongFile
from intake.said import Said
from intake.web.auth import may, posted, theirs
from intake.web.pages import Form, page, streamed, translate
from intake.web.progress import Done, Watched, beside
from intake.web.uploads import uploaded
from storage import audit, import_drafts
from storage.database import Session
from storage.staff import Person

router = APIRouter(prefix="/reports/import", tags=["reports"], include_in_schema=False)
Importer = Annotated[Person, Depends(may("import"))]
LARGEST = 25_000_000  # bytes: 100,000 requests and more; the command takes larger ones
_MOST_SHOWN = 100
_GONE = "This list was taken already, or is older than an hour. Choose the file again."


@router.get("")
def show(request: Request, person: Importer) -> HTMLResponse:
    return page(request, "import.html", "reports", most=LARGEST // 1_000_000)


@router.post("")
async def look(request: Request, person: Importer) -> Response:
    """The file, read and kept sealed for an hour; nothing of it is taken yet."""
    sent = await uploaded(request, LARGEST)
    return await run_in_threadpool(_preview, request, person, sent.content)


@router.post("/{draft_id}")
def take(request: Request, draft_id: str, person: Importer, form: Annotated[Form, Depends(posted)]) -> Response:
    state = request.app.state
    now, here = state.now(), state.installation
    good, leave = form.get("take") == "good", bool(form.get("leave_likely"))
    with theirs(request).read() as session:
        content = import_drafts.get(session, here.keys, draft_id, person.id, now)
    if content is None:
        raise DeskError(404, _GONE)

    def work(session: Session, done: Done) -> tuple[Result, str]:
        if import_drafts.get(session, here.keys, draft_id, person.id, now) is None:
            raise DeskError(404, _GONE)  # pressed twice
        result = importing.run(
            session, here, content, now, take_good=good, leave_likely=leave, desk_ids=person.desk_ids, done=done
        )
        if result.faults and not good:
            return result, ""
        import_drafts.drop(session, person.id)
        told = f"{result.added} {result.changed} {result.same} {len(result.bad)}"
        audit.add(session, now, None, person.id, "imported", told)
        rest = result.bad_file.encode()
        kept = import_drafts.keep(session, here.keys, person.id, rest, now, is_rest=True) if result.bad else ""
        return result, kept

    rows = len(importing.table(content)[1])
    watched = Watched(lambda done: theirs(request).write(partial(work, done=done)), 2 * rows)
    return streamed(request, "import_done.html", "reports", watched=watched, is_all=not good, shown=_MOST_SHOWN,
                    sentence=_sentence)  # fmt: skip


@router.get("/{draft_id}/rest.csv")
def rest(request: Request, draft_id: str, person: Importer) -> Response:
    """The rows that were not taken, to mend and to send again."""
    state = request.app.state
    with theirs(request).read() as session:
        content = import_drafts.get(session, state.installation.keys, draft_id, person.id, state.now(), is_rest=True)
    if content is None:
        raise DeskError(404, _GONE)
    headers = {"Content-Disposition": 'attachment; filename="niet-overgenomen.csv"'}
    return PlainTextResponse(content, media_type="text/csv", headers=headers)


def _preview(request: Request, person: Person, content: bytes) -> Response:
    state = request.app.state
    now, here = state.now(), state.installation
    try:
        rows = len(importing.table(content)[1])
    except WrongFile as problem:
        wrong = translate("This file cannot be taken: %(why)s.", why=_sentence(problem.said))
        return page(request, "import.html", "reports", 422, most=LARGEST // 1_000_000, said=wrong, said_wrong=True)

    def work(done: Done) -> Result:
        with theirs(request).read() as session:
            return importing.run(
                session, here, content, now, desk_ids=person.desk_ids, may_write=False, done=done
            )  # fmt: skip

    draft = theirs(request).write(
        lambda session: import_drafts.keep(session, here.keys, person.id, content, now)
    ).result()  # fmt: skip
    watched = Watched(lambda done: beside(partial(work, done)), 2 * rows)
    return streamed(request, "import_preview.html", "reports", watched=watched, draft=draft, rows=rows,
                    shown=_MOST_SHOWN, sentence=_sentence)  # fmt: skip


def _sentence(said: Said) -> str:
    return translate(said.sentence, **said.values)
