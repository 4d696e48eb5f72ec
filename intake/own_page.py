"""The page a family gets that asks what is kept about it: all of it in its plain Dutch, to read or to print.

In Dutch whatever the language of our pages: it is handed over by a Flemish desk. What only our computer needs (numbers
of rows, hashes, tries) stands in the file for a computer (`own_data.as_json`) and not here.
"""

import html
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from flows import state as states
from flows.answers import Answer
from flows.engine.turn import BRUSSELS
from flows.state import State
from intake.installation import Installation
from intake.own_data import COLLEAGUE
from intake.web import words
from intake.web.pages import translate
from locales.dates import full_day, name_in

Row = Mapping[str, Any]
Found = Mapping[str, list[dict[str, Any]]]
_LANGUAGE = "nl"
SECTIONS = {  # what each table is to a family, in the order of the page
    "registration": "Uw aanvraag",
    "contact": "Uw nummers en accounts",
    "conversation": "Gesprekken",
    "message": "Berichten, oproepen en notities",
    "outcome": "Wat er van een aanvraag werd",
    "call_back": "Beloftes om terug te bellen",
    "referral": "Plaatsen waar wij u naar verwezen",
    "follow_up": "Wat wij achteraf vroegen",
    "recording": "Opnames en foto's",
    "call": "Telefoongesprekken",
    "filing": "Wie voor u een aanvraag deed",
    "mail": "E-mail",
    "merge": "Aanvragen die voor hetzelfde kind bleken",
    "earlier": "Wat er aan een aanvraag veranderd werd",
    "timer": "Wat nog gepland is",
    "join_code": "Codes om op een ander toestel verder te gaan",
    "reply_draft": "Antwoorden die nog niet verstuurd zijn",
    "mention": "Collega's die meekijken",
    "organiser_text": "Berichten van opvang",
    "organiser": "Als opvang die vragen weigerde",
    "contact_family": "Sinds wanneer een nummer bij uw gezin hoort",
    "presence": "Wie uw gesprek nu open heeft",
    "frozen": "Uw aanvraag in een jaarverslag (zonder naam)",
}
NAMES = {  # columns, as a family would call them
    "address": "Nummer of account",
    "opted_out": "U vroeg ons geen berichten meer te sturen",
    "cannot_text": "Waarom we u geen berichten kunnen sturen",
    "last_inbound_at": "Laatst van u gehoord",
    "since": "Sinds",
    "channel": "Langs",
    "provider": "Via het bedrijf",
    "our_number": "Ons nummer",
    "language": "Taal",
    "status": "Hoe het ermee staat",
    "asked_on": "Gevraagd op",
    "waiting_since": "U wacht op ons sinds",
    "answer_by": "Wij antwoorden voor",
    "snoozed_until": "Opnieuw bekeken op",
    "opened_at": "Begonnen",
    "closed_at": "Afgesloten",
    "reminders": "Herinneringen die wij stuurden",
    "is_hidden": "U belde zonder nummer",
    "began_at": "Begonnen",
    "ended_at": "Gedaan",
    "response": "Wat u hoorde",
    "about": "Ging over",
    "reason": "Waarom",
    "asked_at": "Gevraagd",
    "due_at": "Ten vroegste",
    "booked_at": "Met een tolk op",
    "at": "Wanneer",
    "permission": "Hoe u toestemming gaf",
    "permitted_on": "Toestemming van",
    "wants_feedback": "Die persoon wil weten wat ervan komt",
    "typed": "Ingevuld",
    "until": "Tot",
    "author": "Door",
    "direction": "Van",
    "error": "Niet aangekomen omdat",
    "body": "Tekst",
    "postcode": "Gemeente waar u zoekt",
    "name": "Naam",
    "number": "Nummer",
    "email": "E-mail",
    "wants_mail": "Wil e-mail",
    "wants_reminders": "Wil herinnerd worden",
    "reminded_on": "Herinnerd op",
    "seconds": "Seconden",
    "sound": "Opname of foto",
    "media_type": "Soort bestand",
    "reference": "Nummer van de aanvraag",
    "external_reference": "Nummer in een ander register",
    "child": "Kind",
    "state": "Hoe ver",
    "source": "Gevraagd via",
    "counted_in": "Geteld door",
    "start": "Opvang nodig vanaf",
    "birth_quarter": "Geboren in (kwartaal)",
    "answers": "Uw antwoorden",
    "urgent": "Dringend",
    "extended": "Ruimere uren",
    "priority": "Voorrangsgroep",
    "vulnerable": "Kwetsbaar gezin",
    "care_need": "Specifieke zorgbehoefte",
    "urgent_override": "Dringend, volgens een medewerker",
    "extended_override": "Ruimere uren, volgens een medewerker",
    "priority_override": "Voorrangsgroep, volgens een medewerker",
    "vulnerable_override": "Kwetsbaar gezin, volgens een medewerker",
    "because": "Welke antwoorden daarvoor tellen",
    "rules": "Volgens welke regels",
    "first_reply_at": "Eerste antwoord van een medewerker",
    "created_at": "Bewaard sinds",
    "updated_at": "Laatst veranderd",
    "text": "Tekst",
    "before": "Wat er voordien stond",
    "kind": "Wat",
    "code": "Wat",
    "answered_at": "Beantwoord",
    "undone_by": "Ongedaan gemaakt door",
    "undone_at": "Ongedaan gemaakt",
    "sealed_reason": "Waarom",
    "recorded_at": "Genoteerd",
    "by_family": "Door uw gezin gezegd",
    "sent_on": "Verwezen op",
    "settled_at": "Afgehandeld",
    "waiting_why": "Waarom u wacht",
    "claimed_by": "Wie u nu antwoordt",
    "same_as": "Zelfde kind als",
}
_OURS = (  # what only our computer needs
    "id form asking turn claimed_until expects heard_on heard_today segments attempts lease_until prompts buttons"
    " rules_hash code_blind typing_until question mailed_since mailed_due need unasked"
)
TECHNICAL = frozenset(_OURS.split())
_STYLE = """
body{font:16px/1.55 sans-serif;color:#1c1c1c;max-width:46em;margin:2em auto;padding:0 1em}
h1{font-size:1.7em}h2{font-size:1.2em;margin:2em 0 .4em;border-bottom:2px solid #1c1c1c}
dt,.when{color:#555}.us{background:#f3f3f3}img{max-width:100%}
section{border-bottom:1px solid #bbb;padding:.5em;break-inside:avoid}
dd,.said{white-space:pre-wrap;overflow-wrap:anywhere}dd{margin:0}
dl{display:grid;grid-template-columns:minmax(9em,15em) 1fr;gap:.15em 1em;margin:0}
.said{margin:.2em 0}.when{font-size:.9em;margin:0}@media print{body{margin:0}}
@media(max-width:32em){dl{display:block}dd{margin-bottom:.5em}}
"""
_INTRO = """
Dit is alles wat dit loket over uw gezin bewaart, opgemaakt op %s. Klopt er iets niet, of wilt u dat wij iets wissen?
Zeg het aan het loket. Wat alleen onze computer nodig heeft, staat in het bestand voor een computer: vraag ernaar.
"""


@dataclass(frozen=True)
class Page:
    """The page of one family, in the words of the form that is in use."""

    here: Installation
    terms: words.Terms = field(init=False)

    def __post_init__(self) -> None:
        wording = self.here.wording_of(self.here.form)
        object.__setattr__(self, "terms", words.Terms(self.here.form, wording, wording))

    def write(self, found: Found, now: datetime) -> str:
        """The whole page; nothing in it is fetched from elsewhere."""
        made = full_day(now.astimezone(BRUSSELS), _LANGUAGE)
        parts = [
            f'<!doctype html><html lang="nl"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>Wat wij van uw gezin bewaren</title><style>{_STYLE}</style><h1>Wat wij van uw gezin bewaren</h1>"
            f"<p>{_INTRO % made}</p>"
        ]
        for name in (*SECTIONS, *(each for each in found if each not in SECTIONS)):
            if rows := [shown for row in found.get(name, []) if (shown := self._row(name, row))]:
                parts += [f"<h2>{html.escape(SECTIONS.get(name, name))}</h2>", *rows]
        return "".join(parts) + "</html>\n"

    def _row(self, of: str, row: Row) -> str:
        if of == "message":
            return self._message(row)
        lines = "".join(f"<dt>{html.escape(name)}</dt><dd>{value}</dd>" for name, value in self._lines(of, row))
        return f"<section><dl>{lines}</dl></section>" if lines else ""

    def _message(self, row: Row) -> str:
        """One line of the conversation: when, who, how, and the words."""
        who = {"in": "U", "out": "Wij", "note": "Notitie van een medewerker", "event": ""}[row["direction"]]
        channel = words.CHANNELS[row["channel"]] if row["direction"] in ("in", "out") else ""
        state = words.DELIVERY.get(row["status"], "") if row["direction"] == "out" else ""
        told = " · ".join(each for each in (who, translate(channel), translate(state), _moment(row["at"])) if each)
        text = self._event(row) if row["direction"] == "event" else str(row.get("body", ""))
        css = ' class="us"' if row["direction"] == "out" else ""
        return f'<section{css}><p class="when">{html.escape(told)}</p><p class="said">{html.escape(text)}</p></section>'

    def _event(self, row: Row) -> str:
        try:
            told = words.event(self.terms, row["question"], str(row.get("body", "")), "Een medewerker")
            return told.replace(COLLEAGUE, "een collega")
        except (KeyError, ValueError):  # of an older version
            return str(row.get("body", "")) or str(row["question"])

    def _lines(self, of: str, row: Row) -> Iterator[tuple[str, str]]:
        """Name and value in HTML, of what a family can use."""
        for name, value in row.items():
            if name in TECHNICAL or name.endswith("_id") or value in ("", None):
                continue
            if name == "sound":
                yield NAMES[name], _sound(str(value), str(row.get("media_type", "")))
            elif name == "answers" and of == "registration":
                yield from self._answers(json.loads(value))
            elif name == "state" and of == "conversation":
                yield from self._state(states.load(value))
            else:
                yield NAMES.get(name, name), html.escape(self._told(of, name, value))

    def _state(self, state: State) -> Iterator[tuple[str, str]]:
        yield from self._answers(state.family)
        for child in state.children:
            if child.answers:
                yield "Kind", str(child.id)
                yield from self._answers(child.answers)

    def _answers(self, answers: Mapping[str, Answer]) -> Iterator[tuple[str, str]]:
        for key, given in answers.items():
            value = tuple(given) if isinstance(given, list) else given
            if self.here.form.knows(key):
                told = words.answer(self.terms, self.here.form.question(key), value)
                yield html.escape(_begun(self.terms.label(key))), html.escape(told)
            else:
                yield html.escape(key), html.escape(str(value))

    def _told(self, of: str, name: str, value: Any) -> str:
        if isinstance(value, bool):
            return "ja" if value else "nee"
        text = str(value)
        if (table := _CODES.get((of, name)) or _CODES.get(("", name))) and text in table:
            return translate(table[text])
        if name == "language":
            return name_in(_LANGUAGE, text)
        if text == COLLEAGUE:
            return "een medewerker"
        if name == "start" and self.here.form.knows(name):
            return words.answer(self.terms, self.here.form.question(name), text)
        if name == "before":
            return ", ".join(
                f"{NAMES.get(key, key)}: {'niet bekend' if each is None else self._told('registration', key, each)}"
                for key, each in json.loads(text).items()
                if each != ""
            )
        if name == "because":
            return self._because(json.loads(text))
        if name == "rules":
            return ", ".join(f"{_flag(flag)}: {rule}" for flag, rule in json.loads(text).items())
        if name == "care_need":
            return _yes(json.loads(text)["value"])
        return _moment(text) if _is_time(text) else text

    def _because(self, told: Mapping[str, list[str]]) -> str:
        form = self.here.form
        named = {
            flag: [self.terms.label(key) if form.knows(key) else key for key in keys] for flag, keys in told.items()
        }
        return "; ".join(f"{_flag(flag)}: {', '.join(labels)}" for flag, labels in named.items() if labels)


_SOURCES = {
    "desk": "het loket",
    "referrer": "iemand die u helpt",
    "organiser": "een opvang",
    "old_register": "een lijst",
}
_TIMERS = {"promised": "de dag van ons antwoord", "erasure": "alles wissen", "unanswered": "een vraag zonder antwoord"}
_CODES: Mapping[tuple[str, str], Mapping[str, str]] = {  # "": in any table
    ("", "channel"): words.CHANNELS,
    ("conversation", "status"): words.STATUS,
    ("registration", "state"): words.STATES,
    ("conversation", "waiting_why"): words.WAITS_FOR,
    ("", "cannot_text"): words.ERRORS,
    ("outcome", "code"): words.OUTCOMES,
    ("outcome", "reason"): words.REASONS,
    ("call_back", "reason"): words.CALLS_FOR,
    ("", "counted_in"): words.COUNTED_IN,
    ("registration", "source"): _SOURCES,
    ("timer", "kind"): _TIMERS,
}


def _begun(label: str) -> str:
    return label[:1].upper() + label[1:]


def _flag(flag: str) -> str:
    return translate(words.FLAGS[flag]) if flag in words.FLAGS else flag


def _yes(value: bool | None) -> str:
    return {True: "ja", False: "nee", None: "niet bekend"}[value]


def _is_time(text: str) -> bool:
    return len(text) >= 10 and text[4:5] == "-" and text[7:8] == "-" and text[:4].isdecimal()


def _moment(text: str) -> str:
    """A day, or a day with its time in Brussels."""
    if len(text) == 10:
        return full_day(date.fromisoformat(text), _LANGUAGE)
    at = datetime.fromisoformat(text)
    local = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(BRUSSELS)
    return f"{full_day(local, _LANGUAGE)}, {local:%H:%M}"


def _sound(content: str, kind: str) -> str:
    tag = "img" if kind.startswith("image/") else "audio controls"
    return f'<{tag} src="data:{html.escape(kind)};base64,{html.escape(content)}"></{tag.partition(" ")[0]}>'
