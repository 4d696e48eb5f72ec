"""The pages of a desk that are no settings of its own but belong with them: where each is, and how it stands."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import Request

from intake import organisers, phrases, promises
from intake.desk import MAY
from intake.installation import Installation
from intake.web import words
from intake.web.pages import translate
from storage import call_backs, desks, staff
from storage.database import Session
from storage.models import Desk
from storage.staff import Person


@dataclass(frozen=True)
class Card:
    """One kind of settings on the first page. `warning`: "" when all is well."""

    address: str
    title: str
    told: str
    warning: str = ""


def cards(request: Request, session: Session, desk: Desk, person: Person) -> Iterator[Card]:
    """Those that this person may open."""
    here: Installation = request.app.state.installation
    may = MAY[person.role]
    if "act" in may:
        days = promises.days_of(desks.choices(desk))
        told = translate(
            "In working days: urgent %(urgent)s, a call %(call)s, a question %(question)s, a new request %(new)s.",
            **days,
        )
        yield Card("/desk/terms", translate("Answer times"), told)
        yield Card("/desk/organisers", translate("Organisers"), _organisers(session, here, person))
        yield Card("/desk/calls/interpreters", translate("Interpreters"), _interpreters(session, here, desk))
    if "translate" in may:
        yield Card("/desk/phrases", translate("Phrases"), _phrases(session, here, desk))
    if "people" in may:
        accounts = sum(not each.disabled for each, _ in staff.colleagues(session, frozenset({desk.id})))
        yield Card("/desk/people", translate("People"), translate("Accounts of this desk: %(count)s.", count=accounts))
    offered = sum(code in here.catalogues for code in desks.choices(desk).languages)
    told = translate("Public: every text in Dutch, and its translation in %(count)s languages.", count=offered)
    yield Card(f"/texts/{desk.slug}", translate("Texts that families get"), told)


def _organisers(session: Session, here: Installation, person: Person) -> str:
    found = organisers.own(session, here, person)
    if not found:
        return translate("None yet: crèches and childminders who tell you what they refuse.")
    reminded = sum(each.contact.wants_reminders for each in found)
    return translate("%(count)s noted, %(reminded)s of them get a reminder every month.", count=len(found),
                     reminded=reminded)  # fmt: skip


def _interpreters(session: Session, here: Installation, desk: Desk) -> str:
    found = call_backs.interpreters(session, here.keys, {desk.id: desk.key})
    if not found:
        return translate("None yet: who interprets for you by phone.")
    spoken = sorted({words.language(each.language) for each in found})
    return translate("%(count)s by phone: %(languages)s.", count=len(found), languages=", ".join(spoken))


def _phrases(session: Session, here: Installation, desk: Desk) -> str:
    offered = phrases.of_desk(session, here, desk.id).offered
    own = sum(bool(each.version) for each in offered)
    return translate("%(count)s to choose from, %(own)s of them your own.", count=len(offered), own=own)
