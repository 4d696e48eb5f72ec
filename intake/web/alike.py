"""Requests that may be for the same child, side by side, for a colleague to decide."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from intake import desk
from intake.installation import Installation
from intake.web import showing, words
from intake.web.auth import may, theirs
from intake.web.pages import page, translate
from intake.web.showing_requests import Request as Asked
from storage import audit, conversations, registrations
from storage.database import Session
from storage.staff import Person

router = APIRouter(prefix="/desk/registrations", tags=["desk"], include_in_schema=False)
Reader = Annotated[Person, Depends(may("queue"))]
_TELLS = ("birth", "place", "start", "days", "parent_name")  # of who it is


@dataclass(frozen=True)
class Column:
    """One request. `why`: for which reasons it may be the same child, "" of the request itself."""

    request: Asked
    desk_id: str
    conversation: str
    why: str
    may_decide: bool
    told: dict[str, str]  # label -> what was told


@dataclass(frozen=True)
class Line:
    """`are_same`: for each column whether it says the same as the first; None where one of both says nothing."""

    label: str
    cells: tuple[str, ...]
    are_same: tuple[bool | None, ...]


@router.get("/{registration_id}/alike")
def show(request: Request, registration_id: str, person: Reader) -> HTMLResponse:
    """Looking is noted for each family that is shown."""
    here, now = request.app.state.installation, request.app.state.now()
    with theirs(request).read() as session:
        first = _column(session, here, person, registration_id, now)
        others = [
            _column(session, here, person, each.id, now, each.why) for each in (first.request.alike if first else ())
        ]
    if first is None:
        raise desk.not_there()
    columns = [first, *(each for each in others if each)]

    def note(session: Session) -> None:
        for each in columns:
            audit.look(session, now, each.desk_id, person.id, each.conversation)

    theirs(request).write(note).result()
    return page(request, "alike.html", "queue", columns=columns, first=first, lines=list(_lines(columns)))


def _column(
    session: Session, here: Installation, person: Person, id_: str, now: datetime, why: str = ""
) -> Column | None:  # fmt: skip
    row = registrations.get(session, id_, person.desk_ids)
    found = conversations.view(session, here.keys, person.desk_ids, row.conversation_id) if row else None
    if row is None or found is None:
        return None
    view = showing.conversation(session, here, found, person, now)
    place = next(place for place, each in enumerate(view.registrations) if each.id == id_)
    answers = {each.key: each for each in view.answers[place]}
    told = {translate("Asked on"): words.date_of(row.asked_on), translate("Language"): view.language}
    told |= {answers[key].label: answers[key].shown for key in _TELLS if key in answers}
    told[translate("Phone number")] = ", ".join(each.text for each in view.ways)
    return Column(view.registrations[place], row.desk_id, view.id, why, view.may_decide, told)


def _lines(columns: list[Column]) -> Iterator[Line]:
    for label in dict.fromkeys(label for each in columns for label in each.told):
        cells = tuple(each.told.get(label, "") for each in columns)
        yield Line(label, cells, tuple(cell == cells[0] if cell and cells[0] else None for cell in cells))
