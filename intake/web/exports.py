"""Requests with names as a file: those of a year, and those that are new since the last time.

For coordinators who just proved who they are. Each file is a line in the audit, has at most so many rows, and says who
made it. What is new is remembered only when the last byte was handed over.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response, StreamingResponse

from flows.engine.turn import local_day
from intake import exporting, reports, spreadsheet
from intake.desk import DeskError, not_there
from intake.exporting import Mark
from intake.web import words
from intake.web.auth import may, theirs
from intake.web.pages import page
from intake.web.proof import recently_proven
from intake.web.queries import KNOWN
from intake.web.wanted import year_of
from storage import audit, desks, exports, staff
from storage.database import Session
from storage.staff import Person

router = APIRouter(prefix="/reports", tags=["reports"], include_in_schema=False)
Looker = Annotated[Person, Depends(may("export"))]
Exporter = Annotated[Person, Depends(recently_proven("export"))]
_MOST_SHOWN = 20


@dataclass(frozen=True)
class Desk:
    """A desk on the page: how many requests are new since when."""

    slug: str
    name: str
    since: str
    new: int


@dataclass(frozen=True)
class Given:
    """A file that somebody was given."""

    id: str
    at: str
    who: str
    desk: str
    count: int
    again: bool


@router.get("/exports", dependencies=[KNOWN])
def show(request: Request, person: Looker) -> HTMLResponse:
    state, most = request.app.state, request.app.state.settings.export_rows
    with theirs(request).read() as session:
        own = [each for each in desks.everything(session) if each.id in person.desk_ids]
        shown = []
        for desk in own:
            last = exports.last_of(session, desk.id)
            new = len(exports.changed(session, desk.id, last, state.now(), most + 1))
            shown.append(Desk(desk.slug, desk.name, words.date_of(local_day(last.at)) if last else "", new))
        names, slugs = staff.names(session), {each.id: each.name for each in own}
        given = [
            Given(each.id, words.moment(each.at), names.get(each.staff_id, ""),
                  slugs[each.desk_id], each.count, each.kind == "new")
            for each in exports.newest(session, person.desk_ids, _MOST_SHOWN)
        ]  # fmt: skip
    chosen, year = request.query_params.get("desk", ""), request.query_params.get("year", "")
    return page(
        request, "exports.html", "reports", desks=shown, given=given, most=most, chosen=chosen, year=year,
        years=reports.years(state.now()),
    )  # fmt: skip


@router.get("/requests.csv", dependencies=[KNOWN])
def year_csv(request: Request, person: Exporter) -> Response:
    return _year(request, person, "csv")


@router.get("/requests.xlsx", dependencies=[KNOWN])
def year_xlsx(request: Request, person: Exporter) -> Response:
    return _year(request, person, "xlsx")


@router.get("/exports/new.csv", dependencies=[KNOWN])
def new_csv(request: Request, person: Exporter) -> Response:
    return _new(request, person, "csv")


@router.get("/exports/new.xlsx", dependencies=[KNOWN])
def new_xlsx(request: Request, person: Exporter) -> Response:
    return _new(request, person, "xlsx")


@router.get("/exports/{export_id}.csv")
def again_csv(request: Request, export_id: str, person: Exporter) -> Response:
    return _again(request, person, export_id, "csv")


@router.get("/exports/{export_id}.xlsx")
def again_xlsx(request: Request, export_id: str, person: Exporter) -> Response:
    return _again(request, person, export_id, "xlsx")


def _year(request: Request, person: Person, kind: str) -> Response:
    """Every request of a year, of one desk or of all of one's own."""
    state, given = request.app.state, request.query_params
    chosen, slug = year_of(request), given.get("desk") or None
    with theirs(request).read() as session:
        own = {
            each.id for each in desks.everything(session) if each.id in person.desk_ids and slug in (None, each.slug)
        }
        if not own or chosen not in reports.years(state.now()):
            raise DeskError(404, "Choose a year and one of your desks.")
        ids = {desk: exports.of_year(session, frozenset({desk}), chosen) for desk in sorted(own)}
        together = exports.of_year(session, frozenset(own), chosen)
    most = state.settings.export_rows
    if len(together) > most:
        raise DeskError(
            422, "These are %(many)s requests, and a file has at most %(most)s. Choose one desk, or ask for more.",
            many=len(together), most=most,
        )  # fmt: skip
    return _file(request, person, f"aanvragen-{chosen}", slug or "alle", ids, together, "year", state.now(), kind)


def _new(request: Request, person: Person, kind: str) -> Response:
    """What is new or changed at one desk since its last export that really arrived."""
    state = request.app.state
    now = state.now()
    with theirs(request).read() as session:
        desk = desks.by_slug(session, request.query_params.get("desk", ""))
        if desk is None or desk.id not in person.desk_ids:
            raise DeskError(404, "Choose a desk.")
        last, most = exports.last_of(session, desk.id), state.settings.export_rows
        found = exports.changed(session, desk.id, last, now, most + 1)
    until = now if len(found) <= most else found[most - 1][1]  # the rest is in the next one
    ids = [id_ for id_, _ in found[:most]]
    return _file(request, person, "nieuw", desk.slug, {desk.id: ids}, ids, "new", until, kind)


def _again(request: Request, person: Person, export_id: str, kind: str) -> Response:
    """The same requests once more, as they are now; those that were erased since are gone."""
    with theirs(request).read() as session:
        row = exports.get(session, export_id, person.desk_ids)
        if row is None or row.kind != "new":
            raise not_there()
        ids, desk = exports.ids_of(row), {each.id: each.slug for each in desks.everything(session)}[row.desk_id]
    return _file(request, person, "opnieuw", desk, {row.desk_id: ids}, ids, "again", row.until, kind)


def _file(
    request: Request, person: Person, name: str, slug: str, ids: dict[str, list[str]], together: list[str], what: str,
    until: datetime, kind: str,
) -> Response:  # fmt: skip
    """The file, as it is made; each desk whose requests are in it gets a line of its own."""
    state = request.app.state
    now = state.now()

    def begin(session: Session) -> list[str]:
        begun = []
        for desk, some in ids.items():
            begun.append(exports.begin(session, what, person.id, desk, some, until, now))
            audit.add(session, now, desk, person.id, "exported", f"{begun[-1]} {what} {len(some)}")
        return begun

    begun = theirs(request).write(begin).result()
    mark = Mark(name, person.username, slug, now, begun[0])

    def finished(digest: str) -> None:
        def work(session: Session) -> None:
            for each in begun:
                exports.finish(session, each, digest, state.now())

        theirs(request).write(work).result()

    pieces = exporting.hashed(_pieces(request, together, mark, kind), finished)
    media = spreadsheet.MEDIA_TYPE if kind == "xlsx" else "text/csv"
    headers = {"Content-Disposition": f'attachment; filename="{mark.file_name}.{kind}"', "Cache-Control": "no-store"}
    return StreamingResponse(pieces, media_type=media, headers=headers)


def _pieces(request: Request, ids: list[str], mark: Mark, kind: str) -> Iterator[bytes]:
    state = request.app.state
    with theirs(request).read() as session:
        found = exporting.rows(session, state.installation, ids)
        if kind == "xlsx":
            yield exporting.as_xlsx(found, mark)
        else:
            for line in exporting.as_csv(found):
                yield line.encode()
