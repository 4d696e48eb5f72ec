"""Every page of the service and where it is looked at. A route that is neither here nor among what is no page fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from intake import demo, letters, service
from intake.choosing import Section
from intake.settings import Settings
from intake.web import simulated_call, simulator
from storage import clock, notices, organisers, staff, turns
from storage.database import Session
from storage.keys import Keys
from storage.models import Conversation, Desk, Filing, Phrase, Registration, Suggestion
from tests.browser import hostile
from tests.intake.test_matrix import TABLE

ANYBODY = ""
COORDINATOR, ADMINISTRATOR, AUDITOR = demo.ACCOUNT, "beheer", "controle"
REFERRER, TRANSLATOR = "brugfiguur", "vertaler"
WHO = (ANYBODY, COORDINATOR, ADMINISTRATOR, AUDITOR, REFERRER, TRANSLATOR)

NO_PAGE = (  # what comes is no document: a file, a sound, a stream, an answer to a machine, a way to somewhere else
    "GET /", "GET /health/live", "GET /health/ready", "GET /metrics", "GET /audio/{language}/{name}",
    "GET /desk/openid", "GET /desk/openid/return", "GET /desk/stream", "GET /desk/recordings/{recording_id}",
    "GET /desk/translations/{language}/{key}/sound", "GET /reports/counts.csv", "GET /reports/counts.xlsx",
    "GET /reports/requests.csv", "GET /reports/requests.xlsx", "GET /reports/exports/new.csv",
    "GET /reports/exports/new.xlsx", "GET /reports/exports/{export_id}.csv", "GET /reports/exports/{export_id}.xlsx",
    "GET /reports/template/counts.csv", "GET /reports/template/counts.xlsx", "GET /reports/template/mapping.yaml",
    "GET /reports/import/{draft_id}/rest.csv", "GET /reports/filing/public.csv",
    "GET /simulator/phone/sound", "GET /desk/settings",
)  # fmt: skip
_TABS = ("new", "questions", "calls", "overdue", "mine", "drafts", "family", "later", "closed")
_BOTH = ("", "hostile_")  # one of the invented, and one that attacks whoever looks at it


@dataclass(frozen=True)
class Place:
    """One address of a route, as one of these people sees it. Names in braces: see `things`."""

    who: str
    address: str


def _of(who: str, *addresses: str) -> tuple[Place, ...]:
    return tuple(Place(who, each) for each in addresses)


def _desk(*addresses: str) -> tuple[Place, ...]:
    return _of(COORDINATOR, *addresses)


PAGES: Mapping[str, tuple[Place, ...]] = {
    "GET /desk/sign-in": _of(ANYBODY, "/desk/sign-in"),
    "GET /desk/welcome/{secret}": _of(ANYBODY, "/desk/welcome/{invitation}"),
    "GET /texts/{slug}": _of(ANYBODY, "/texts/gent?language=tr", "/texts/gent?q={marked}"),
    "GET /mail/confirm/{secret}": _of(ANYBODY, "/mail/confirm/{mail_secret}"),
    "GET /mail/off/{kind}/{id_}/{proof}": _of(ANYBODY, "/mail/off/staff/{staff_id}/{mail_proof}"),
    "GET /mail/form/{id_}/{proof}": _of(
        ANYBODY, *(f"/mail/form/{{{each}organiser_id}}/{{{each}form_proof}}" for each in _BOTH)
    ),
    "GET /simulator": _of(ANYBODY, "/simulator"),
    "GET /simulator/chat": _of(ANYBODY, "/simulator/chat"),
    "GET /simulator/phone": _of(ANYBODY, "/simulator/phone"),
    "GET /desk/refer": _of(REFERRER, "/desk/refer"),
    "GET /desk/refer/new": _of(REFERRER, "/desk/refer/new", "/desk/refer/new?like={hostile_referral_id}"),
    "GET /desk/refer/{referral_id}": _of(
        REFERRER, "/desk/refer/{referral_id}", "/desk/refer/{hostile_referral_id}?said=filed"
    ),
    "GET /desk/second-factor": _desk("/desk/second-factor"),
    "GET /desk/account": _desk("/desk/account"),
    "GET /desk/people": (*_desk("/desk/people"), *_of(ADMINISTRATOR, "/desk/people")),
    "GET /desk/status": _of(ADMINISTRATOR, "/desk/status"),
    "GET /desk/audit": (*_desk("/desk/audit"), *_of(AUDITOR, "/desk/audit")),
    "GET /desk/audit/idle": _desk("/desk/audit/idle"),
    "GET /desk/audit/conversations/{conversation_id}": _desk("/desk/audit/conversations/{conversation_id}"),
    "GET /desk": _desk(
        "/desk", *(f"/desk?show={each}" for each in _TABS), "/desk?q=Amina", "/desk?q=niemand", "/desk?q={marked}"
    ),
    "GET /desk/many": _desk("/desk/many?family={conversation_id}&family={hostile_conversation_id}"),
    "GET /desk/terms": _desk("/desk/terms"),
    "GET /desk/new": _desk("/desk/new"),
    "GET /desk/conversations/{conversation_id}": _desk(
        "/desk/conversations/{held_id}", "/desk/conversations/{conversation_id}",
        "/desk/conversations/{hostile_conversation_id}",
    ),
    "GET /desk/registrations/{registration_id}/pass": _desk(
        *(f"/desk/registrations/{{{each}registration_id}}/pass" for each in _BOTH)
    ),
    "GET /desk/registrations/{registration_id}/sheet": _desk(
        *(f"/desk/registrations/{{{each}registration_id}}/sheet" for each in _BOTH)
    ),
    "GET /desk/registrations/{registration_id}/alike": _desk(
        *(f"/desk/registrations/{{{each}registration_id}}/alike" for each in _BOTH)
    ),
    "GET /desk/calls": _desk("/desk/calls"),
    "GET /desk/calls/interpreters": _desk("/desk/calls/interpreters"),
    "GET /desk/phrases": _desk("/desk/phrases"),
    "GET /desk/phrases/{desk_id}/new": _desk("/desk/phrases/{desk_id}/new"),
    "GET /desk/phrases/{desk_id}/{key}": (
        *_desk("/desk/phrases/{desk_id}/phrase.found", *(f"/desk/phrases/{{desk_id}}/{{{each}key}}" for each in _BOTH)),
        *_of(TRANSLATOR, "/desk/phrases/{desk_id}/{key}"),
    ),
    "GET /desk/settings/{slug}": (*_desk("/desk/settings/gent"), *_of(AUDITOR, "/desk/settings/gent")),
    "GET /desk/settings/{slug}/{section}": _desk(*(f"/desk/settings/gent/{each.value}" for each in Section)),
    "GET /desk/translations": _desk("/desk/translations"),
    "GET /desk/translations/{language}": (*_desk("/desk/translations/ar"), *_of(TRANSLATOR, "/desk/translations/fr")),
    "GET /desk/translations/{language}/{key}": (
        *_desk("/desk/translations/ar/birth", "/desk/translations/en/place"),
        *_of(TRANSLATOR, "/desk/translations/fr/{hostile_text}"),
    ),
    "GET /desk/voice": _desk("/desk/voice"),
    "GET /desk/voice/{language}": _desk("/desk/voice/so"),
    "GET /reports": _desk("/reports", "/reports?year={last_year}"),
    "GET /reports/requests": _desk("/reports/requests?measure=all&column=unique"),
    "GET /reports/exports": _desk("/reports/exports"),
    "GET /reports/definitions/own": _desk("/reports/definitions/own"),
    "GET /reports/languages": _desk("/reports/languages"),
    "GET /reports/divided": _desk("/reports/divided"),
    "GET /reports/years": _desk("/reports/years"),
    "GET /reports/print": _desk("/reports/print"),
    "GET /reports/definitions": _desk("/reports/definitions"),
    "GET /reports/outcomes": _desk("/reports/outcomes"),
    "GET /reports/template": _desk("/reports/template"),
    "GET /reports/filing": _desk("/reports/filing?year={last_year}"),
    "GET /reports/import": _desk("/reports/import"),
    "GET /desk/organisers": _desk("/desk/organisers"),
    "GET /desk/organisers/{organiser_id}/form": _desk(
        *(f"/desk/organisers/{{{each}organiser_id}}/form" for each in _BOTH)
    ),
}  # fmt: skip


def routes() -> set[str]:
    """Every GET route of a demonstration. `tests/intake/test_matrix.py` holds its table to the routes there are."""
    shown = [*simulator.router.routes, *simulated_call.router.routes]
    more = {f"GET {each.path}" for each in shown if "GET" in each.methods}  # type: ignore[attr-defined]
    return {each for each in TABLE if each.startswith("GET")} | more


def things(folder: Path) -> dict[str, str]:
    """What the addresses above name, of the lively demonstration whose data is in `folder`; hostile things if any."""
    keys, database = service.opened(Settings(demo=True, data_dir=folder))
    found = database.write(lambda session: _invented(session, keys) | _hostile(session, keys)).result()
    database.close()
    return found


def _invented(session: Session, keys: Keys) -> dict[str, str]:
    desk = session.exec(select(Desk)).one()
    person, now = staff.find(session, COORDINATOR), clock.system_now()
    assert person
    held = session.exec(select(Conversation).where(Conversation.claimed_by == person.id)).first()
    filed, own = session.exec(_filed()).first(), session.exec(_own_phrases()).first()
    assert held and filed and own
    return {
        "mail_secret": notices.keep(session, keys, person.id, "balie@example.be", now), "staff_id": person.id,
        "mail_proof": letters.off_proof(keys, letters.STAFF, person.id), "desk_id": desk.id, "held_id": held.id,
        "last_year": str(now.year - 1), "invitation": staff.add(session, now, "nieuw", "worker", [desk.id]),
        "referral_id": filed.id, "key": own.key, **_organiser(session, keys, "De Kikker", ""),
        **_request(session, keys, "+32470000201", ""),
    }  # fmt: skip


def _hostile(session: Session, keys: Keys) -> dict[str, str]:
    suggested = session.exec(select(Suggestion).where(Suggestion.language == "fr")).first()
    return {
        "marked": quote(hostile.MARKED), "hostile_text": suggested.key if suggested else "",
        "hostile_referral_id": list(session.exec(_filed()))[-1].id,
        "hostile_key": list(session.exec(_own_phrases()))[-1].key,
        **_organiser(session, keys, hostile.MARKED, "hostile_"), **_request(session, keys, hostile.FAMILY, "hostile_"),
    }  # fmt: skip


def _filed() -> SelectOfScalar[Filing]:
    return select(Filing).order_by(col(Filing.id))


def _own_phrases() -> SelectOfScalar[Phrase]:
    return select(Phrase).where(col(Phrase.key).like("own.%")).order_by(col(Phrase.id))


def _organiser(session: Session, keys: Keys, name: str, kind: str) -> dict[str, str]:
    desk = session.exec(select(Desk)).one()
    known = organisers.everything(session, keys, {desk.id: desk.key})
    id_ = next((each.row.id for each in known if each.contact.name == name), "")
    return {f"{kind}organiser_id": id_, f"{kind}form_proof": letters.form_proof(keys, id_)} if id_ else {}


def _request(session: Session, keys: Keys, number: str, kind: str) -> dict[str, str]:
    thread = turns.of_address(session, keys, "phone", number)
    if thread is None:
        return {}
    row = session.exec(select(Registration).where(Registration.conversation_id == thread.conversation_id)).one()
    return {f"{kind}conversation_id": row.conversation_id, f"{kind}registration_id": row.id}
