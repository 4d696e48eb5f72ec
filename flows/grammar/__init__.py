"""From what a person typed, keyed or said to the value of an answer, or None: ask again.

`read` answers a question of a kind; `read_command` and `read_opening` read what can come at any moment and at the
beginning. One file a kind beside this one; the words of each language stand in `locales/<code>/language.yaml`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from flows.answers import TEXT, Answer, Command, Kind
from flows.grammar import commands, naming, opening
from flows.grammar.dates import read_birth, read_start
from flows.grammar.hours import HOURS, outside, read_hours
from flows.grammar.lexicon import lexicon, words
from flows.grammar.naming import read_language
from flows.grammar.opening import Opening
from flows.grammar.options import read_by_a_word, read_choice, read_several, read_work_days
from flows.grammar.phone import read_phone
from flows.grammar.phrases import is_only_courtesy
from flows.grammar.place import Places
from flows.grammar.town import read_town
from flows.grammar.weekdays import read_weekdays
from flows.grammar.yes_no import read_yes_no
from locales.languages import Languages

__all__ = [
    "Context",
    "Opening",
    "Places",
    "Several",
    "distinctive",
    "is_polite",
    "prepare",
    "read",
    "read_command",
    "read_named_language",
    "read_opening",
]

_LONGEST = 1600  # characters, Twilio's longest message; what is longer is no answer to a short question


@dataclass(frozen=True, slots=True)
class Context:
    """What reading depends on beside the text. `language`: of the conversation; `home`: the desk's postcodes."""

    languages: Languages
    places: Places
    language: str
    today: date
    home: frozenset[str] = frozenset()
    offered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Several:
    """A place name that several postcodes have: the family says which."""

    postcodes: tuple[str, ...]


def prepare(context: Context) -> None:
    """Make the tables that otherwise the first message in need of one waits for."""
    for code in context.offered:
        if code in context.languages:
            lexicon(context.languages, code)
    read_command("", context)
    read_named_language("", context)


def read_command(text: str, context: Context) -> Command | None:
    """The command that this whole message is."""
    return commands.read_command(text, context.languages, context.language)


def read_opening(text: str, context: Context) -> Opening:
    """What a first message says."""
    return opening.read_opening(
        text[:_LONGEST],
        context.languages,
        context.offered,
        context.places,
        context.home,
        context.language,
        context.today,
    )


def read_named_language(text: str, context: Context) -> str | None:
    """The offered language that somebody names outside the question for it: to the letter only."""
    return naming.named_language(text, context.offered, context.languages)


def read(
    kind: Kind,
    options: Sequence[str],
    text: str,
    context: Context,
    phrases: Mapping[str, Sequence[str]] | None = None,
) -> Answer | Several | None:
    """The answer to a question of `kind`. `options`: ids at the place of their number; `phrases`: their words."""
    if not text.strip() or len(text) > _LONGEST:
        return None
    known, code, today = context.languages, context.language, context.today
    match kind:
        case Kind.CHOICE:
            return read_choice(text, options, phrases or {}, known, code)
        case Kind.YES_NO:
            return read_choice(text, options, phrases or {}, known, code) or read_yes_no(text, known, code)
        case Kind.SEVERAL:
            return _several(options, text, context, phrases or {})
        case Kind.DATE_BIRTH:
            return _in_any(text, lambda each: read_birth(text, known, each, today), context)
        case Kind.DATE_START:
            chosen = read_choice(text, options, phrases or {}, known, code)
            return chosen or _in_any(text, lambda each: read_start(text, known, each, today), context)
        case Kind.WEEKDAYS_PARTS:
            return _in_any(text, lambda each: read_weekdays(text, known, each), context)
        case Kind.POSTCODE:
            return _town(text, context)
        case Kind.LANGUAGE:
            return read_language(text, options, context.offered, known, code)
        case Kind.PHONE:
            return read_phone(text)
        case Kind.WORK_DAYS:
            return read_work_days(text, options, known, code)
        case Kind.TEXT:
            return TEXT + text.strip()


def is_polite(text: str, context: Context) -> bool:
    """A greeting or thanks that answers nothing, in the conversation's language."""
    return is_only_courtesy(text[:_LONGEST], context.languages, context.language)


def distinctive(text: str, options: Mapping[str, str], context: Context) -> str:
    """The one of these options (id -> words) that a short message names by a word of it alone, "" otherwise."""
    return read_by_a_word(text[:_LONGEST], options, context.languages, context.language)


def _several(
    options: Sequence[str], text: str, context: Context, phrases: Mapping[str, Sequence[str]]
) -> Answer | None:
    """By numbers or words; where hours are offered, also by the hours themselves."""
    chosen = read_several(text, options, phrases, context.languages, context.language)
    return (
        _in_any(text, lambda each: _outside(text, context, each), context)
        if chosen is None and set(options) >= HOURS
        else chosen
    )


def _outside(text: str, context: Context, code: str) -> Answer | None:
    hours = read_hours(text, context.languages, code)
    return outside(*hours) if hours else None


def _town(text: str, context: Context) -> Answer | Several | None:
    found = _in_any(
        text,
        lambda each: read_town(text, context.places, context.home, context.languages, each),
        context,
    )
    return Several(found) if isinstance(found, tuple) else found


def _in_any(text: str, reader: Callable[[str], Answer | None], context: Context) -> Answer | None:
    """In the conversation's language, then in the others on offer; None when two of those read it differently.

    What its own language can read word by word and yet refuses (30 February) is no answer in another one either. A slip
    of the finger is only seen in the conversation's own: "insan" is no April of a Turk who means a person.
    """
    own = reader(context.language)
    if own is not None or _is_known_whole(text, context):
        return own
    others = [
        reader(code)
        for code in context.offered
        if code != context.language and code in context.languages and not _guesses(text, context.languages, code)
    ]
    found = [each for each in others if each is not None]
    return found[0] if found and all(each == found[0] for each in found) else None


def _is_known_whole(text: str, context: Context) -> bool:
    said = words(text, context.languages, context.language)
    return all(word.meanings or word.is_border or any(map(str.isdigit, word.text)) for word in said)


def _guesses(text: str, languages: Languages, code: str) -> bool:
    return any(word.is_guessed for word in words(text, languages, code))
