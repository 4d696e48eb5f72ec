"""Texts that attack whoever reads them, put wherever somebody outside or at the desk can write something."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from channels import simulator
from flows.events import Channel
from intake import call_backs, demo, keyed_in, organisers, own_definitions, phrases, referral, referring, suggestions
from intake.conversations import receive
from intake.desk import Act, DeskError, act
from intake.installation import Installation
from storage import desks, staff
from storage import registrations as requests
from storage.database import Database, Session
from storage.staff import Person

CATALOGUE = Path(__file__).parent.parent / "attacks/catalogue/inj.jsonl"
_MORE = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(document.cookie)</script>',
    "<svg/onload=alert(1)>",
    "</textarea></select></title><iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<base href=https://evil.example/><link rel=stylesheet href=https://evil.example/a.css>",
    "javascript:alert(1)",
    "<a href=javascript:alert(1)>klik</a>",
    "<img src=https://evil.example/pixel.png><style>@import 'https://evil.example/b.css'</style>",
    "<template><form action=https://evil.example/><button>Versturen</button></form></template>",
)
MARKED = _MORE[0]  # what must be seen as these letters wherever one thing is opened
FAMILY = "+32470000600"  # whose name it is
_Work = Callable[[Session], object]


def texts() -> list[str]:
    """Group `inj` of the catalogue of attacks, and what browsers are attacked with."""
    lines = CATALOGUE.read_text(encoding="utf-8").splitlines()
    told = [dict(json.loads(line)["request"]["fields"])["Body"] for line in lines]
    return [*_MORE, *told]


def fill(database: Database, here: Installation, now: datetime) -> None:
    """Everything somebody can write, with each of the texts. What is refused with a sentence stays out."""
    person, desk_id = _coordinator(database)
    kept = 0
    for place, text in enumerate(texts()):
        for work in _works(here, person, desk_id, place, text, now):
            try:
                database.write(work).result()
                kept += 1
            except DeskError:
                continue
    assert kept > 200, "nearly everything is refused: what is read is not tried"


def _coordinator(database: Database) -> tuple[Person, str]:
    with database.read() as session:
        desk, found = desks.by_slug(session, demo.SLUG), staff.find(session, demo.ACCOUNT)
        assert desk is not None and found is not None
        return Person(found.id, found.username, "coordinator", frozenset({desk.id})), desk.id


def _works(
    here: Installation, person: Person, desk_id: str, place: int, text: str, now: datetime
) -> Iterator[_Work]:  # fmt: skip
    """One text in every place that takes it."""
    yield lambda session: _family(session, here, person, place, text, now)
    yield lambda session: _counter(session, here, person, text, now)
    yield lambda session: organisers.keep(
        session, here, person, {"desk": desk_id, "name": text, "postcode": "9000", "email": "a@example.be"}, now
    )
    yield lambda session: call_backs.add_interpreter(
        session, here, person, desk_id, "tr", text, f"+324700005{place:02d}", now
    )
    yield lambda session: phrases.keep(session, here, person, desk_id, "", {"text": text, "hint": "Zo"}, now)
    yield lambda session: phrases.keep(session, here, person, desk_id, "", {"text": "Dag.", "hint": text}, now)
    given = own_definitions.Given(
        demo.SLUG, f"vijandig-{place}", text[:60], text, text[:120], open=text, outcomes=("no_place",)
    )
    yield lambda session: own_definitions.keep(session, person, given, now)
    yield lambda session: _referrer(session, here, place, text, now)
    yield lambda session: _translator(session, here, place, text, now)


def _family(session: Session, here: Installation, person: Person, place: int, text: str, now: datetime) -> None:
    """Asks it (the first three give it as their name too); a colleague notes it and answers with it."""
    number = f"+324700006{place:02d}"
    before = now - timedelta(hours=5, minutes=place)
    asked = ("dag", "1", "02-2026", "9000", "09-2028", "1", "1", "3", "5", text, "3", "1", "2", text)
    asked = asked if place < 3 else ("dag", "3", text)
    talk = None
    for minute, each in enumerate(asked):
        at = before + timedelta(minutes=minute)
        channel = Channel.WHATSAPP if place % 2 else Channel.SMS
        talk = receive(session, here, simulator.parse(each, number, demo.NUMBER, at, channel))
    assert talk is not None
    session.flush()
    colleague = act(session, here, person, talk, now - timedelta(minutes=3), lambda each: each)
    colleague.claim()
    for work in (
        lambda: colleague.note(text),
        lambda: colleague.reply(text),
        lambda: colleague.phrase("phrase.found", {"name": text, "phone": "+3290000095"}),
        lambda: _at_places(colleague, text),
    ):
        try:
            work()
        except DeskError:
            continue


def _at_places(colleague: Act, text: str) -> None:
    colleague.session.flush()
    for opened in requests.of_conversation(colleague.session, colleague.here.keys, colleague.thread.conversation_id):
        referral.send(colleague, opened.row, {"name": text})


def _counter(session: Session, here: Installation, person: Person, text: str, now: datetime) -> None:
    given = {"language": "nl", "birth": "4 maanden", "place": "9000", "start": "03-2028", "parent_name": text}
    talk = keyed_in.keep(session, here, person, demo.SLUG, given, now)
    session.flush()
    act(session, here, person, talk, now, lambda each: each.snooze((now.date() + timedelta(days=3)).isoformat(), text))


def _referrer(session: Session, here: Installation, place: int, text: str, now: datetime) -> None:
    found = staff.find(session, "brugfiguur")
    assert found is not None
    own = Person(found.id, found.username, "referrer", staff.desks_of(session, found.id))
    given: Mapping[str, str] = {
        "by": text[:40], "permission": "spoken", "permitted_on": now.date().isoformat(), "feedback": "yes",
        "language": "nl", "birth": "3 maanden", "place": "9000", "start": "09-2028", "parent_name": text,
        "contact_number": f"+324700007{place:02d}", "contact": "1",
    }  # fmt: skip
    referring.file(session, here, own, demo.SLUG, given, now)


def _translator(session: Session, here: Installation, place: int, text: str, now: datetime) -> None:
    found = staff.find(session, "vertaler")
    assert found is not None
    own = Person(found.id, found.username, "translator", staff.desks_of(session, found.id))
    keys = sorted(here.form.sources)
    key = keys[place % len(keys)]
    suggestions.suggest(session, here, own, "fr", key, suggestions.checked(here, "fr", key, (text,)), "", now)
