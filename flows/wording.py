"""From a prompt to its text in a language: translation, else the Dutch; raw values in the words of that language.

Every way out (SMS, voice, chat, the desk that reads along in Dutch) takes its words from here.
"""

from collections.abc import Callable, Mapping
from copy import copy
from datetime import date

from flows import week
from flows.answers import REFUSED, UNKNOWN, Kind
from flows.desk import SOURCE
from flows.events import MORE, Choice, Prompt
from flows.form import Form
from flows.grammar.place import Places
from locales import dates
from locales.catalogue import Texts
from locales.languages import Languages

Spell = Callable[[str], str]
_SEVERAL = (Kind.SEVERAL, Kind.WEEKDAYS_PARTS, Kind.WORK_DAYS)
_FIGURES = ("reference", "references", "phone", "time")  # their groups keep their order between Arabic words
_LEFT_TO_RIGHT = "\u200e"
_PHRASES = ("phrase.", "own.")  # what colleagues choose, and fill in
_DATED = ("birth", "start", "month", "by", "day", "date", "asked_on", "hours")  # what we say ourselves of a value


def as_it_is(text: str) -> str:
    return text


class Wording:
    """Texts of one form. `translations`: language -> key -> text, without what is empty or doubtful."""

    def __init__(
        self, form: Form, translations: Mapping[str, Mapping[str, str]], languages: Languages, places: Places
    ) -> None:
        self._dutch, self._translations, self._counts = form.dutch, translations, form.counts
        self._numbers = frozenset(each.id for each in form.questions if each.kind is Kind.PHONE)
        self._several = frozenset(each.id for each in form.questions if each.kind in _SEVERAL)
        self._only_dutch = frozenset(key for key, message in form.messages.items() if message.only_dutch)
        self._languages, self._places = languages, places
        self._added: Mapping[str, Mapping[str, str]] = {}

    def with_texts(self, dutch: Mapping[str, str], translations: Mapping[str, Mapping[str, str]]) -> "Wording":
        """The same with more texts: a desk's own phrases. `translations`: language -> key -> text."""
        more = copy(self)
        more._dutch, more._added = {**self._dutch, **dutch}, translations
        return more

    def text(self, prompt: Prompt, language: str, spell: Spell = as_it_is) -> str:
        """What a prompt says, without its choices. `spell`: how our own words are written on this way out."""
        return self.message(prompt.key, language, dict(prompt.values), spell)

    def choice(self, prompt: Prompt, choice: Choice, language: str, spell: Spell = as_it_is) -> str:
        """The words of one choice; languages and towns go by their own names."""
        if prompt.question == "language":
            if choice.id == MORE:
                return "..."  # in whatever language: the list goes on
            return self._languages[choice.id].name
        if prompt.key == "place.which":
            return self._place(choice.id, language)
        return self.message(f"{prompt.question}.{choice.id}", language, {}, spell)

    def message(self, key: str, language: str, values: Mapping[str, str], spell: Spell = as_it_is) -> str:
        """The text of `key`. Values are formatted for the language the text turns out to be in."""
        key = self._counted(key, language, values)
        text = self._added.get(language, {}).get(key) or self._translations.get(language, {}).get(key)
        if text is None:
            text, language = self._dutch[self._counted(key, SOURCE, values)], SOURCE
        text = spell(text)
        is_phrase = key.startswith(_PHRASES)
        for name, raw in values.items():
            said = self._in_phrase(name, raw, language) if is_phrase else self._value(name, raw, language)
            if name in _FIGURES and self._languages[language].direction == "rtl":
                said = _LEFT_TO_RIGHT + said
            text = text.replace(f"{{{name}}}", spell(said) if name in _DATED else said)
        return text

    def template(self, key: str, language: str) -> tuple[str, str]:
        """What is said for `key` on the phone, its gaps still open, and the language it turns out to be in."""
        spoken = f"{key}.voice" if f"{key}.voice" in self._dutch else key
        text = self._translations.get(language, {}).get(spoken)
        if text is None and self.is_only_spoken(language) and not self.is_only_dutch(key):
            return self._languages[language].to_say.get(key, self._dutch[spoken]), language
        return (self._dutch[spoken], SOURCE) if text is None else (text, language)

    def is_only_spoken(self, language: str) -> bool:
        """Whether nobody reads this language: its speakers cut the Dutch into recordings in their own words."""
        return self._languages[language].only_spoken

    def _counted(self, key: str, language: str, values: Mapping[str, str]) -> str:
        """The key of the text for so many, where something is counted."""
        if key not in self._counts:
            return key
        many, texts = len(values[self._counts[key]].split()), self._translations.get(language)
        if language == SOURCE:
            return key if many == 1 else f"{key}.other"
        found = f"{key}#{texts.form(many)}" if isinstance(texts, Texts) else key
        return found if texts and found in texts else key

    def is_plain(self, language: str) -> bool:
        """Whether this language is texted without the marks on its letters."""
        return self._languages[language].plain_sms

    def knows(self, key: str) -> bool:
        """Whether this form has such a text."""
        return key in self._dutch or f"{key}.voice" in self._dutch

    def is_translated(self, key: str, language: str) -> bool:
        """Whether `key` goes out in that language and not in Dutch."""
        return language == SOURCE or any(key in each.get(language, {}) for each in (self._added, self._translations))

    def takes_several(self, question: str) -> bool:
        """Whether this question has room for more than one answer."""
        return question in self._several

    def takes_number(self, question: str) -> bool:
        """Whether this question asks for a phone number."""
        return question in self._numbers

    def is_only_dutch(self, key: str) -> bool:
        """Whether `key` stays Dutch in every language."""
        return key in self._only_dutch

    def value(self, name: str, raw: str, language: str) -> str:
        """A raw value in words, as a prompt would say it; `name` decides how (birth, start, place, by, reference …)."""
        return self._value(name, raw, SOURCE if self.is_only_spoken(language) else language)

    def _value(self, name: str, raw: str, language: str) -> str:
        if raw in (UNKNOWN, REFUSED):
            return self.message("value.unknown", language, {})
        formats: dict[str, Callable[[str, str], str]] = {
            "birth": self._birth,
            "start": self._start,
            "place": self._place,
            "month": lambda value, words: _date(value, words),
            "by": _day,
            "day": _day,
            "asked_on": _day,
            "reference": lambda value, _: reference(value),
            "references": lambda value, _: ", ".join(reference(each) for each in value.split()),
            "said": self._said,
            "hours": self._hours,
            "where": lambda value, _: ", ".join(filter(None, value.split("|"))),
        }
        return formats[name](raw, language) if name in formats else raw

    def _in_phrase(self, name: str, raw: str, language: str) -> str:
        """What a colleague filled in, as the family's language writes it."""
        match name.partition("_")[0]:
            case "date":
                return _day(raw, language)
            case "time":
                return dates.clock(raw, language)
            case "number":
                return dates.number(raw, language)
            case _:
                return self._value(name, raw, language)

    def _said(self, raw: str, language: str) -> str:
        """An answer in words, given as "question=value"."""
        question, _, value = raw.partition("=")
        if question in ("birth", "place", "start", "information_place"):
            return self._value(question.removeprefix("information_"), value, language)
        if question == "language":
            return self._languages[value].name
        words = (f"{question}.{each}" for each in value.split())
        return ", ".join(self.message(key, language, {}) if key in self._dutch else key for key in words) or value

    def _hours(self, raw: str, language: str) -> str:
        """Opening hours, a line for days that are alike; then days that are otherwise."""
        found = week.parse(raw) or week.Week()
        closed = self.message("value.closed", language, {})
        usual = ((_days(first, last, language), times) for first, last, times in week.spans(found))
        other = (
            (_from_to(_day(each.first.isoformat(), language), _day(each.last.isoformat(), language)), each.times)
            for each in found.exceptions
        )
        mark = _LEFT_TO_RIGHT if self._languages[language].direction == "rtl" else ""
        return "\n".join(
            f"{days}: {mark + _times(times, language) if times else closed}" for days, times in (*usual, *other)
        )

    def _birth(self, raw: str, language: str) -> str:
        if raw == "unborn":
            return self.message("value.unborn", language, {})
        if raw.startswith("due:"):
            return self.message("value.due", language, {"month": raw.removeprefix("due:")})
        if raw.startswith("~"):
            return self.message("value.about", language, {"month": raw.removeprefix("~")})
        return _date(raw, language)

    def _start(self, raw: str, language: str) -> str:
        return self.message("value.asap", language, {}) if raw == "asap" else _date(raw, language)

    def _place(self, raw: str, language: str) -> str:
        name = self._places.name(raw)
        return f"{name} ({raw})" if name else raw


def reference(digits: str) -> str:
    """Eight digits in two groups of four, easier to read out; anything else as it is."""
    return f"{digits[:4]} {digits[4:]}" if len(digits) == 8 and digits.isdigit() else digits


def _days(first: int, last: int, language: str) -> str:
    return _from_to(dates.weekday(first, language), dates.weekday(last, language))


def _from_to(first: str, last: str) -> str:
    return first if first == last else f"{first} - {last}"


def _times(times: str, language: str) -> str:
    spans = (each.split("-") for each in times.split(","))
    return ", ".join(" - ".join(dates.clock(time, language) for time in span) for span in spans)


def _date(raw: str, language: str) -> str:
    if len(raw) == 7:
        return dates.month(date.fromisoformat(f"{raw}-01"), language)
    return dates.full_day(date.fromisoformat(raw), language)


def _day(raw: str, language: str) -> str:
    """A day as it was given; a desk worker may type something else than a date, which goes out as it is."""
    try:
        return dates.day(date.fromisoformat(raw), language)
    except ValueError:
        return raw
