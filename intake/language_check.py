"""Whether every text of a language can go out as a text message."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from channels import sms
from channels.segments import is_gsm
from flows.desk import SOURCE
from flows.events import Choice, Prompt
from flows.form import Form, Question, placeholders
from flows.grammar.place import load_places
from flows.pieces import spoken_keys
from flows.wording import Wording
from locales import catalogue
from locales.catalogue import Catalogue, CatalogueProblem, Texts
from locales.languages import Languages
from locales.yamlfile import YamlProblem

# What providers act on when it is a whole message: we never invite a family to send one of these.
STOP_WORDS = frozenset(
    "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT START UNSTOP YES HELP INFO ARRET".split()  # noqa: SIM905
)
SAMPLES: Mapping[str, str] = {  # usual values, not the longest that can be
    "reference": "48123673", "references": "48123673", "by": "2026-09-17", "day": "2026-09-17",
    "asked_on": "2026-09-17", "birth": "2026-09", "start": "2026-09", "month": "2026-09", "place": "9000", "child": "2",
    "amount": "2700", "phone": "+3290000001", "time": "10:30", "name": "De Zonnebloem",
    "who": "Huis van het Kind", "said": "place=9000", "address": "Stationsstraat 1, Gent",
    "page": "loket.example/texts/gent",
    "hours": "Mo-Fr 09:00-12:00,13:00-16:00", "where": "Stationsstraat 1|09 000 00 01",
    "code": "K7M2QA", "ways": "SMS: +3290000001\nWhatsApp: https://wa.me/3290000001?text=K7M2QA",
}  # fmt: skip
INVITES = "invites to send %(word)s, on which telephone companies act"
TOO_DEAR = "takes %(count)s text messages with its answers (%(signs)s signs), at most %(most)s"
STRANGE = "holds “%(sign)s”, which makes a text message twice as dear"
TOO_LONG = "is too long to be said at once"
STUMBLES = "holds a sign that a voice reads out or stumbles over"
_INVITED = re.compile("[,:;.\n]")  # what is offered to send stands between these, or is the whole of an answer
_LONGEST_SAID = 2000  # characters, URL-encoded; Twilio's limit is 4,500, and values come into the gaps
_NOT_SAID = frozenset('()[]/*#<>|"«»')


@dataclass(frozen=True)
class Fault:
    """Something to mend in a catalogue."""

    language: str
    key: str
    template: str
    values: tuple[tuple[str, object], ...] = ()

    @property
    def sentence(self) -> str:
        return self.template % dict(self.values) if self.values else self.template


def faults(folder: Path, form: Form, languages: Languages, code: str) -> Iterator[Fault]:
    """Everything in one language that a family or the desk would suffer from."""
    if languages[code].only_spoken:
        yield from _wrong_drafts(form, languages, code)
        return
    try:
        languages.words(code)
        languages.names(code)
        found = None if code == SOURCE else catalogue.read(folder / code / catalogue.FILE, form.sources)
    except (CatalogueProblem, YamlProblem) as problem:
        yield Fault(code, "", str(problem))
        return
    texts = dict(found.texts) if found else {key: source.text for key, source in form.sources.items()}
    if found:
        for key in found.doubtful:
            yield Fault(code, key, "has no translation that may go out: Dutch goes out instead")
    yield from _of_texts(form, languages, code, texts, found)


def made_worse(form: Form, languages: Languages, found: Catalogue, new: Mapping[str, str]) -> list[Fault]:
    """What would be wrong with these texts in the place of those that are there."""
    code, before = found.language, found.texts
    now = Texts(before.form, {**before, **new})
    known = set(_of_texts(form, languages, code, before, found))
    return [fault for fault in _of_texts(form, languages, code, now, found) if fault not in known]


def _of_texts(
    form: Form, languages: Languages, code: str, texts: Mapping[str, str], found: Catalogue | None
) -> Iterator[Fault]:
    for key, text in texts.items():
        if is_spoken(form, key):
            yield from _unspeakable(code, key, text)
            continue
        offered = _INVITED.split(text) if key.startswith("command.") else (text,)
        if words := {each.strip(" .?!\"'()").upper() for each in offered} & STOP_WORDS:
            yield Fault(code, key, INVITES, (("word", words.pop()),))
    wording = Wording(form, {code: texts}, languages, load_places())
    yield from _too_long(form, wording, found, code)


def _wrong_drafts(form: Form, languages: Languages, code: str) -> Iterator[Fault]:
    """Of a language that is only spoken: each draft stands for a text that callers hear, with the same gaps."""
    for key, text in languages[code].to_say.items():
        source = form.sources.get(f"{key}.voice") or form.sources.get(key)
        if source is None or key not in spoken_keys(form):
            yield Fault(code, key, "is no text that callers hear")
            continue
        try:
            catalogue.check(text, source, "it")
        except CatalogueProblem as problem:
            yield Fault(code, key, str(problem))


def is_spoken(form: Form, key: str) -> bool:
    """Whether a text is only said, never written."""
    return key.endswith(".voice") or (key in form.messages and form.messages[key].spoken)


def _unspeakable(code: str, key: str, text: str) -> Iterator[Fault]:
    if len(quote(text)) > _LONGEST_SAID:
        yield Fault(code, key, TOO_LONG)
    if set(text) & _NOT_SAID:
        yield Fault(code, key, STUMBLES)


def _too_long(form: Form, wording: Wording, found: Catalogue | None, code: str) -> Iterator[Fault]:
    exceptions = _exceptions(form) | set(found.exceptions if found else ())
    for prompt in prompts(form):
        bodies = sms.render((prompt,), code, wording)
        said, count = "".join(body.text for body in bodies), sum(body.segments for body in bodies)
        most = 1 if is_gsm(said) else 2
        if count > most and prompt.key not in exceptions:
            yield Fault(code, prompt.key, TOO_DEAR, (("count", count), ("signs", len(said)), ("most", most)))
        if wording.is_plain(code) and prompt.question != "language" and not is_gsm(said):
            strange = next(sign for sign in said if not is_gsm(sign))
            yield Fault(code, prompt.key, STRANGE, (("sign", strange),))


def prompts(form: Form) -> Iterator[Prompt]:
    """Every text that can go out, with usual values and with the answers that stand below it."""
    asked = {key: question for question in (*form.questions, *form.asides) for key in _keys(form, question)}
    for key, source in form.sources.items():
        if is_spoken(form, key) or _is_option(form, key):
            continue
        values = tuple((name, SAMPLES[name]) for name in placeholders(source.text))
        question = asked.get(key)
        choices = _choices(question) if question else ()
        yield Prompt(key, values, choices, question.id if question else "")


def _exceptions(form: Form) -> set[str]:
    """Texts for which the Dutch itself says why they may be longer."""
    long = (question for question in (*form.questions, *form.asides) if question.segments > 1)
    return {key for question in long for key in _keys(form, question)} | {
        key for key, message in form.messages.items() if message.segments > 1
    }


def _keys(form: Form, question: Question) -> Iterator[str]:
    return (key for suffix in ("", ".example", ".helping") if (key := question.id + suffix) in form.sources)


def _is_option(form: Form, key: str) -> bool:
    first, _, rest = key.partition(".")
    ids = {question.id: {option.id for option in question.options} for question in (*form.questions, *form.asides)}
    return rest.partition(".")[0] in ids.get(first, ())


def _choices(question: Question) -> tuple[Choice, ...]:
    return () if question.id == "language" else question.choices
