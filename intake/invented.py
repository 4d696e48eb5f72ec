"""The invented people of the demonstration: forty families that wait, those of the years before, and colleagues.

Everything comes in as it does at a real desk, through the same functions; only the moments are chosen. The same people
every time. Nothing here is about anybody: names are first names, numbers +3247000002xx and +3247000000xx.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from channels import simulator
from channels.simulated_call import tone
from flows.events import Channel
from intake import (
    call_backs,
    childcare,
    importing,
    keyed_in,
    organisers,
    own_definitions,
    phrases,
    referral,
    referring,
    suggestions,
)
from intake.conversations import receive
from intake.desk import Act, act
from intake.installation import Installation
from storage import desks, recordings, staff, turns
from storage import registrations as requests
from storage.database import Session
from storage.staff import Person

SEED = 2603
COLLEAGUES = {
    "karim": "worker", "lotte": "worker", "vertaler": "translator", "lezer": "translator", "brugfiguur": "referrer",
    "beheer": "administrator", "controle": "auditor",
}  # fmt: skip
_INTERPRETERS = (("tr", "Aylin", "+32470000091"), ("ar", "Yousef", "+32470000092"), ("uk", "Oksana", "+32470000093"))
_ORGANISERS = (
    ("De Kikker", "9000", "+32470000095", ""),
    ("'t Zonnetje", "9050", "", "zonnetje@example.be"),
    ("Kinderopvang Pluim", "9040", "+32470000096", "pluim@example.be"),
)
_CHILDCARE = """naam;adres;postcode;telefoon;soort;prijs
De Kikker;Voorbeeldstraat 12;9000;+3290000095;groep;inkomen
't Zonnetje;Voorbeeldlaan 3;9050;+3290000096;gezin;inkomen
Kinderopvang Pluim;Voorbeeldplein 8;9040;+3290000097;groep;vrij
Anneke;Voorbeeldweg 41;9031;;gezin;inkomen
"""
_WHOLE = "1|1|3|{hours}|{name}|3|1|2"  # every question of the second part, and no to the third
_ASKS = (  # what is written, with "|" between the messages; hours ago; through what
    (f"goeiedag|1|{{born}}|9041|{{later}}|{_WHOLE}", 216, "Femke", "4", Channel.SMS),
    (f"bonjour|1|{{born}}|Gand|{{later}}|{_WHOLE}", 144, "Amina", "2", Channel.SMS),
    (f"merhaba|1|{{born}}|9040|{{later}}|{_WHOLE}", 98, "Elif", "1 3", Channel.WHATSAPP),
    (f"hello|1|{{born}}|9000|1|{_WHOLE.replace('1|1', '1|1|1')}", 51, "Grace", "3", Channel.SMS),
    (f"hola|1|{{month}}|9050|{{later}}|{_WHOLE}", 28, "Lucía", "5", Channel.WHATSAPP),
    (f"goeiedag|1|{{born}}|9031|1|{_WHOLE.replace('1|1', '1|3|1')}", 20, "Yasmine", "5", Channel.SMS),
    ("goeiedag|1|{born}|9000|{later}|2", 75, "", "", Channel.SMS),
    ("привіт|1|{born}|9030|{later}|2", 74, "", "", Channel.SMS),
    ("مرحبا|1|{month}|9000|1|2", 49, "", "", Channel.WHATSAPP),
    ("bonjour|1|{born}|9050|{later}|2", 30, "", "", Channel.SMS),
    ("merhaba|1|{born}|9000|1|2", 26, "", "", Channel.SMS),
    ("hello|1|{month}|9032|{later}|2", 9, "", "", Channel.SMS),
    ("hola|1|{born}|9000|{later}|2", 6, "", "", Channel.SMS),
    ("goeiedag|1|{month}|9051|1|2", 2, "", "", Channel.SMS),
    ("goeiedag|3|Moet ik het attest van mijn werkgever meebrengen?", 31, "", "", Channel.SMS),
    ("bonjour|3|Est-ce que la crèche est fermée en août ?", 29, "", "", Channel.SMS),
    ("مرحبا|3|هل المكان بعيد عن المحطة؟", 27, "", "", Channel.WHATSAPP),
    ("merhaba|3|Yarım gün de olur mu?", 25, "", "", Channel.SMS),
    ("привіт|3|Чи є місце для близнюків?", 23, "", "", Channel.WHATSAPP),
    ("hello|3|Can I visit the place first?", 22, "", "", Channel.SMS),
    ("goeiedag|3|Wanneer horen wij iets?", 10, "", "", Channel.SMS),
    ("hola|3|¿Cuánto cuesta por día?", 8, "", "", Channel.SMS),
    ("bonjour|3|Mon fils a une allergie aux œufs, c'est possible ?", 7, "", "", Channel.WHATSAPP),
    ("hello|3|We move to Gent in March. Can we ask already?", 5, "", "", Channel.SMS),
    ("goeiedag|3|Ik vond intussen zelf iets voor twee dagen. Mag de vraag blijven staan?", 4, "", "", Channel.SMS),
    ("merhaba|3|Adresim değişti, ne yapmalıyım?", 3, "", "", Channel.SMS),
    ("привіт|3|Чи потрібні документи?", 1, "", "", Channel.SMS),
    ("bonjour|3|Merci, mais c'est trop loin sans voiture.", 0.6, "", "", Channel.SMS),
    ("goeiedag|4", 50, "", "", Channel.SMS),
    ("مرحبا|4", 24, "", "", Channel.SMS),
    ("merhaba|4", 7, "", "", Channel.SMS),
    ("hello|4", 2.5, "", "", Channel.SMS),
    ("hola|4", 0.7, "", "", Channel.SMS),
    ("goeiedag|1|{born}|9000", 46, "", "", Channel.SMS),  # silent in the middle
    ("bonjour|1|{born}|9040|{later}", 18, "", "", Channel.SMS),
    ("hello|1", 3, "", "", Channel.WHATSAPP),
)  # fmt: skip
_REGISTER = (  # of the years before: how often what came of it
    ("placed_via_desk", "", 9), ("no_place", "full", 6), ("placed_own_solution", "", 5), ("no_place", "start_date", 3),
    ("lapsed", "no_longer_needed", 3), ("informal_solution", "", 2), ("offer_refused", "distance", 2),
    ("placed_other_municipality", "", 2), ("unreachable", "", 2), ("no_place", "extended_hours", 1),
)  # fmt: skip
_SPOKEN = ("nl",) * 6 + ("fr",) * 4 + ("tr", "tr", "ar", "ar", "en", "en", "uk", "es", "so", "bg")
_NAMES = ("Noor", "Adam", "Lina", "Milan", "Zeynep", "Mateo", "Yusuf", "Olivia", "Sofiya", "Amir", "Fien", "Lars")
_TOWNS = ("9000",) * 5 + ("9030", "9031", "9032", "9040", "9041", "9050", "9051", "9052")
_OF_A_YEAR = (34, 41, 47)  # two years ago, last year, this year


@dataclass
class _Desk:
    """The desk that is filled, inside the transaction. `people`: by name; `talks`: conversations, in order of _ASKS."""

    session: Session
    here: Installation
    id: str
    slug: str
    number: str
    now: datetime
    people: dict[str, Person]
    talks: tuple[str, ...] = ()

    def at_work(self, name: str, talk: str, hours: float) -> Act:
        """That colleague with the conversation open, so many hours ago."""
        self.session.flush()
        when = self.now - timedelta(hours=hours)
        return act(self.session, self.here, self.people[name], talk, when, lambda each: each)


def fill(session: Session, here: Installation, slug: str, number: str, account: str, now: datetime) -> None:
    """A living desk: the desk `slug` that texts come to at `number`; every colleague has the password of `account`."""
    row, own = desks.by_slug(session, slug), staff.find(session, account)
    assert row is not None and own is not None
    desk = _Desk(session, here, row.id, slug, number, now, {})
    for name, role in {account: own.role, **COLLEAGUES}.items():
        desk.people[name] = _person(desk, name, role, own.password)
    desk.people["balie"] = desk.people[account]
    _bring_register(desk)
    desk.talks = tuple(_text_us(desk, place) for place in range(len(_ASKS)))
    _keep_lists(desk)
    _work(desk)
    _propose(desk)


def _person(desk: _Desk, name: str, role: str, password: str) -> Person:
    if staff.find(desk.session, name) is None:
        staff.add(desk.session, desk.now, name, role, [desk.id])
        desk.session.flush()
    found = staff.find(desk.session, name)
    assert found is not None
    found.password, found.invitation = password, ""
    desk.session.add(found)
    return Person(found.id, name, role, frozenset({desk.id}))


def _text_us(desk: _Desk, place: int) -> str:
    """Everything that one family wrote; its conversation."""
    written, hours, name, outside, channel = _ASKS[place]
    now = desk.now
    said = written.format(
        born=f"{now.month % 12 + 1:02d}-{now.year - 1}", month=f"{now.month:02d}-{now.year}",
        later=f"{3 + place % 7:02d}-{now.year + 2}", name=name, hours=outside,
    )  # fmt: skip
    talk = None
    for minute, text in enumerate(said.split("|")):
        at = now - timedelta(hours=hours) + timedelta(minutes=minute)
        sent = simulator.parse(text, f"+324700002{place:02d}", desk.number, at, channel)
        talk = receive(desk.session, desk.here, sent)
    assert talk is not None
    return talk


def _bring_register(desk: _Desk) -> None:
    """The requests of three years that the desk brought from its old register, with what came of most of them."""
    out = io.StringIO()
    rows = list(_register(desk.slug, desk.now.date(), Random(SEED)))
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    result = importing.run(desk.session, desk.here, out.getvalue().encode(), desk.now)
    assert not result.faults, result.faults[0]


def _register(slug: str, today: date, chance: Random) -> Iterator[Mapping[str, str]]:
    came = [(code, reason) for code, reason, often in _REGISTER for _ in range(often)]
    for ago, many in zip((2, 1, 0), _OF_A_YEAR, strict=True):
        first = date(today.year - ago, 1, 1)
        days = (today - first).days if ago == 0 else 360
        for place in range(many):
            asked = first + timedelta(days=days * place // many)
            begins = asked + timedelta(days=chance.choice((40, 120, 200, 300)))
            code, reason = chance.choice(came)
            concluded = asked + timedelta(days=chance.randint(10, 90))
            is_open = concluded > today
            yield {
                "desk": slug, "external_reference": f"{asked.year}-{place + 1:03d}", "source": "desk",
                "asked_on": asked.isoformat(), "channel": chance.choice(("desk", "mail", "voice", "form")),
                "language": chance.choice(_SPOKEN), "child_first_name": chance.choice(_NAMES),
                "birth": f"{asked - timedelta(days=chance.randint(30, 700)):%Y-%m}", "postcode": chance.choice(_TOWNS),
                "start": f"{begins:%Y-%m}", "urgent": _mostly_no(chance, 5), "extended": _mostly_no(chance, 4),
                "priority": _mostly_no(chance, 3), "vulnerable": _mostly_no(chance, 4),
                "care_need": _mostly_no(chance, 9), "outcome": "" if is_open else code,
                "outcome_reason": "" if is_open else reason, "outcome_on": "" if is_open else concluded.isoformat(),
            }  # fmt: skip


def _mostly_no(chance: Random, times: int) -> str:
    return chance.choice(("yes", "unknown", *("no",) * times))


def _keep_lists(desk: _Desk) -> None:
    """Interpreters, organisers, childcare, the address; a phrase of the desk's own, a definition of its own."""
    session, here, person, now = desk.session, desk.here, desk.people["balie"], desk.now - timedelta(days=12)
    childcare.take(session, desk.id, person.id, childcare.read(_CHILDCARE.encode(), here.places), now)
    for language, name, number in _INTERPRETERS:
        call_backs.add_interpreter(session, here, person, desk.id, language, name, number, now)
    for name, postcode, number, email in _ORGANISERS:
        given = {"desk": desk.id, "name": name, "postcode": postcode, "number": number, "email": email}
        organisers.keep(session, here, person, given | {"reminders": "yes"}, now)
    text = {"text": "Kom op {date} om {time} naar ons loket. Breng niets mee.", "hint": "Een bezoek aan het loket."}
    key = phrases.keep(session, here, person, desk.id, "", text | {"dutch_too": "yes"}, now)
    for language, words in (
        ("fr", "Venez le {date} à {time} à notre bureau. N'apportez rien."),
        ("en", "Come to our desk on {date} at {time}. Bring nothing."),
    ):
        session.flush()
        phrases.translate(session, here, desk.people["vertaler"], desk.id, key, language, words, "", now)
    session.flush()
    french = phrases.of_desk(session, here, desk.id).get(key).translations["fr"]
    phrases.review(session, here, person, desk.id, key, "fr", french.version, now)
    own_definitions.keep(
        session, person,
        own_definitions.Given(
            desk.slug, "zonder-plaats", "Zonder plaats bij de start",
            "Wie op de gevraagde startdag nog geen plaats had, ook als er later een kwam.", "Afspraak van het loket",
            outcomes=("no_place",), before_start=True,
        ),
        now,
    )  # fmt: skip


def _work(desk: _Desk) -> None:
    """What colleagues did, in its order: answered, put off, sent to a place, rang, closed; notes for each other."""
    far, amina, elif_, grace, lucia = desk.talks[:5]
    _answer_and_close(desk, desk.talks[6], 60)
    desk.at_work("lotte", far, 30).claim()
    later = (desk.now + timedelta(days=10)).date().isoformat()
    desk.at_work("lotte", far, 29.99).snooze(later, "'t Zonnetje beslist dan")
    _key_in(desk, 26, "nl", "Wout", "9000")
    _file(desk)
    _send_to_a_place(desk, amina, 20)
    _call_back(desk, elif_, 6)
    _key_in(desk, 5, "so", "Hodan", "9031")
    desk.at_work("karim", grace, 0.3).claim()
    desk.at_work("karim", grace, 0.3).note("@balie, mag zij voorrang krijgen? Zij begint maandag te werken.")
    desk.at_work("balie", elif_, 0.05).claim()
    desk.at_work("balie", elif_, 0.05).note("Stuurde een spraakbericht: zij kan ook met twee dagen beginnen.")
    desk.at_work("lotte", lucia, 0.02).claim()


def _answer_and_close(desk: _Desk, talk: str, hours: float) -> None:
    desk.at_work("karim", talk, hours).claim()
    desk.at_work("karim", talk, hours).phrase("phrase.found", {"name": "De Kikker", "phone": "+3290000095"})
    desk.at_work("karim", talk, hours - 0.05).close()


def _send_to_a_place(desk: _Desk, talk: str, hours: float) -> None:
    desk.at_work("karim", talk, hours).claim()
    desk.at_work("karim", talk, hours).note("Mama belt liever na 16 uur. @lotte, ken jij iemand in Gentbrugge?")
    desk.at_work("karim", talk, hours - 0.01).phrase("phrase.not_yet", {})
    for row in requests.of_conversation(desk.session, desk.here.keys, talk):
        referral.send(desk.at_work("karim", talk, hours - 0.02), row.row, {"name": "De Kikker"})
    desk.at_work("karim", talk, hours - 0.03).release()


def _call_back(desk: _Desk, talk: str, hours: float) -> None:
    """A voice note came in; lotte rang the first two of the list in vain."""
    at = desk.now - timedelta(hours=hours)
    thread = turns.of_conversation(desk.session, desk.here.keys, talk, frozenset({desk.id}))
    assert thread is not None
    sound = recordings.record(desk.session, thread, "RE-invented", 4, at)
    turns.add_message(
        desk.session, desk.here.keys, thread, direction="in", status="received", at=at, body=f"[recording:{sound}]"
    )
    desk.session.flush()
    recordings.fetched(desk.session, desk.here.keys, sound, tone(), "audio/wav")
    lotte = desk.people["lotte"]
    for call in call_backs.everything(desk.session, desk.here, lotte)[:2]:
        call_backs.attempt(desk.session, desk.here, lotte, call.wanted.row.id, "no_answer", "", at)


def _file(desk: _Desk) -> None:
    """Somebody who helps families asks for two of them."""
    at = desk.now - timedelta(days=1)
    for number, months, name in (("+32470000341", 3, "Zeynep"), ("", 9, "Hamza")):
        given = {
            "by": "Sofie van De Brug", "permission": "spoken", "permitted_on": at.date().isoformat(), "feedback": "yes",
            "language": "tr", "birth": f"{months} maanden", "place": "9000", "start": f"09-{desk.now.year + 1}",
            "parent_name": name, "contact_number": number, "contact": "1" if number else "",
        }  # fmt: skip
        referring.file(desk.session, desk.here, desk.people["brugfiguur"], desk.slug, given, at)


def _key_in(desk: _Desk, hours: float, language: str, name: str, place: str) -> None:
    """One who came to the counter."""
    given = {
        "language": language, "parent_name": name, "birth": "4 maanden", "place": place,
        "start": f"03-{desk.now.year + 1}",
    }  # fmt: skip
    at = desk.now - timedelta(hours=hours)
    talk = keyed_in.keep(desk.session, desk.here, desk.people["lotte"], desk.slug, given, at)
    desk.at_work("lotte", talk, hours).release()


def _propose(desk: _Desk) -> None:
    """A translator wrote another text, which waits for a second reader."""
    session, here, key = desk.session, desk.here, "place"
    new = suggestions.checked(here, "en", key, ("In which town do you need childcare? Send its name or postcode.",))
    suggestions.suggest(session, here, desk.people["vertaler"], "en", key, new, "", desk.now)
