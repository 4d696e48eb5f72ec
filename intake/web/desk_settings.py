"""The settings of a desk, a page for each kind: what is chosen, what it does, and how the channels stand just now."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, Response

from intake import choosing, probing, service
from intake.childcare import Read
from intake.choosing import ChangedMeanwhile, Section
from intake.desk import MAY, DeskError, not_there
from intake.installation import Installation
from intake.probing import Probe
from intake.problems import Unclear
from intake.said import Said
from intake.web import settings_beside, words
from intake.web import settings_views as views
from intake.web.auth import may, posted, theirs
from intake.web.pages import Form, back_to, page, told, translate
from intake.web.settings_beside import Card
from storage import childcare, desks
from storage.desks import Choices
from storage.models import Desk
from storage.staff import Person

router = APIRouter(prefix="/desk/settings", tags=["desk"], include_in_schema=False)
Reader = Annotated[Person, Depends(may("settings"))]
Chooser = Annotated[Person, Depends(may("choose"))]
Connector = Annotated[Person, Depends(may("connect"))]
Posted = Annotated[Form, Depends(posted)]
TITLES = {
    "hours": "Opening hours",
    "information": "Information for families",
    "languages": "Languages",
    "questions": "Questions and promises",
    "following": "Asking whether they found childcare",
    "counting": "What counts",
    "keeping": "How long we keep",
    "channels": "Numbers and channels",
}


@router.get("")
def first(request: Request, person: Reader) -> Response:
    """The settings of the person's desk, or of the first of several."""
    with theirs(request).read() as session:
        own = [each.slug for each in desks.everything(session) if each.id in person.desk_ids]
    if not own:
        raise DeskError(404, "Your account belongs to no desk. Ask your administrator.")
    return back_to(f"/desk/settings/{own[0]}")


@router.get("/{slug}")
def everything(request: Request, slug: str, person: Reader) -> HTMLResponse:
    desk, chosen, numbers, own = _desk(request, slug, person)
    cards = [
        Card(
            f"/desk/settings/{slug}/{each.value}",
            translate(TITLES[each.value]),
            *views.SUMMARIES[each](chosen, numbers),
        )
        for each in Section
    ]
    with theirs(request).read() as session:
        elsewhere = list(settings_beside.cards(request, session, desk, person))
    return page(request, "settings/home.html", "settings", desk=desk, own=own, cards=cards, elsewhere=elsewhere)


@router.get("/{slug}/{section}")
def one(request: Request, slug: str, section: str, person: Reader) -> HTMLResponse:
    return show_section(request, slug, _section(section), person)


@router.post("/{slug}/channels")
def keep_channels(request: Request, slug: str, person: Connector, form: Posted) -> Response:
    return _keep(request, slug, Section.CHANNELS, person, form)


@router.post("/{slug}/channels/check")
def check_channels(request: Request, slug: str, person: Connector, form: Posted) -> Response:
    """Ask each provider now."""
    settings = request.app.state.settings
    _, _, numbers, _ = _desk(request, slug, person)
    probes = asyncio.run(probing.probe(service.senders(settings), numbers, settings.public_url))
    if (server := service.mail_server(settings)) is not None:
        probes.append(asyncio.run(probing.mail(server)))
    return show_section(request, slug, Section.CHANNELS, person, probes=probes)


@router.post("/{slug}/{section}")
def keep(request: Request, slug: str, section: str, person: Chooser, form: Posted) -> Response:
    return _keep(request, slug, _section(section), person, form)


def _keep(request: Request, slug: str, section: Section, person: Person, form: Form) -> Response:
    state = request.app.state
    try:
        is_changed = (
            theirs(request)
            .write(
                lambda session: choosing.keep(session, person, slug, section, form, form.get("seen", ""), state.now())
            )
            .result()
        )
    except DeskError as problem:
        return show_section(request, slug, section, person, problem, form)
    return back_to(f"/desk/settings/{slug}/{section.value}", "setting" if is_changed else "same")


def show_section(
    request: Request, slug: str, section: Section, person: Person, problem: DeskError | None = None,
    typed: Form | None = None, probes: list[Probe] | None = None, found: Read | None = None,
) -> HTMLResponse:  # fmt: skip
    """One page; after a mistake with its sentence and what was typed, after a colleague's change with both."""
    here: Installation = request.app.state.installation
    desk, chosen, numbers, _ = _desk(request, slug, person)
    shown = choosing.shown(chosen, section)
    needed = "connect" if section is Section.CHANNELS else "choose"
    is_mistake = isinstance(problem, Unclear) and typed is not None
    view = views.VIEWS[section](request, here, chosen, typed or shown) if section in views.VIEWS else {}
    if section is Section.CHANNELS:
        view |= {
            "numbers": [(translate(views.CHANNELS[name]), numbers[name]) for name in numbers],
            "probes": views.told(probes),
        }
    if section is Section.INFORMATION:
        view |= _childcare(request, desk, found)
    return page(
        request, f"settings/{section.value}.html", "settings", problem.status if problem else 200, desk=desk,
        title=translate(TITLES[section.value]), section=section.value, typed=shown if typed is None else typed,
        seen=typed.get("seen", "") if is_mistake and typed else choosing.mark(chosen, section),
        theirs=problem.theirs if isinstance(problem, ChangedMeanwhile) else {},
        may_change=needed in MAY[person.role], **told(problem), **view,
    )  # fmt: skip


def _desk(request: Request, slug: str, person: Person) -> tuple[Desk, Choices, dict[str, str], list[Desk]]:
    """The desk, what is chosen, its numbers by channel, and every desk of the person."""
    with theirs(request).read() as session:
        desk = choosing.own(session, person, slug)
        own = [each for each in desks.everything(session) if each.id in person.desk_ids]
        return desk, desks.choices(desk), desks.numbers(session, desk.id), own


def _childcare(request: Request, desk: Desk, found: Read | None) -> dict[str, Any]:
    """The list as it stands, and what is wrong with one that was sent."""
    with theirs(request).read() as session:
        count, at = childcare.taken(session, desk.id)
    return {"count": count, "taken": words.moment(at) if at else "", "found": found or Read(), "sentence": sentence}


def sentence(said: Said) -> str:
    return translate(said.sentence, **said.values)


def _section(name: str) -> Section:
    try:
        return Section(name)
    except ValueError:
        raise not_there() from None
