"""The understanding of one message apart from any conversation: what `understand` on the command line prints, and
what the sets of sentences in `tests/flows/understanding/` are measured against.
"""

from datetime import date

from flows.answers import Command, Kind
from flows.grammar import Context, Several, read, read_command
from flows.grammar.dates import read_date
from flows.grammar.hours import read_hours, read_time
from flows.grammar.lexicon import words
from flows.grammar.naming import known_languages
from flows.grammar.normalise import fold, normalise
from flows.grammar.options import read_number
from flows.grammar.town import find_names
from flows.grammar.yes_no import read_yes_no

KINDS = (
    "yesno", "number", "count", "date", "date_birth", "date_start", "time_of_day", "time_range", "weekdays_parts",
    "postcode", "command", "language_choice", "free",
)  # fmt: skip
Value = bool | int | str | list[list[str]] | None
_NO_ANSWERS = (Command.DONT_KNOW, Command.REFUSE)


def understand(kind: str, text: str, context: Context) -> Value:
    """The value of `text` as an answer to a question of `kind`; "cmd:…" when it is a command; None: ask again."""
    command = read_command(text, context)
    if kind == "command":
        return command.value if command and command not in _NO_ANSWERS else None
    if command:
        return None if command in _NO_ANSWERS else f"cmd:{command.value}"
    match kind:
        case "yesno":
            return {"yes": True, "no": False, None: None}[read_yes_no(text, context.languages, context.language)]
        case "number" | "count":
            return read_number(text, context.languages, context.language)
        case "date":
            return read_date(text, context.languages, context.language, context.today)
        case "time_of_day":
            time = read_time(text, context.languages, context.language)
            return f"{time[0]:02}:{time[1]:02}" if time else None
        case "time_range":
            hours = read_hours(text, context.languages, context.language)
            return "-".join(f"{hour:02}:{minute:02}" for hour, minute in hours) if hours else None
        case "postcode":
            return _place(text, context)
        case "weekdays_parts":
            return _days(read(Kind.WEEKDAYS_PARTS, (), text, context))
        case "free":
            return "text" if text.strip() else None
    asked = {"date_birth": Kind.DATE_BIRTH, "date_start": Kind.DATE_START, "language_choice": Kind.LANGUAGE}
    found = read(asked[kind], (), text, context)
    return found if isinstance(found, str) else None


def _place(text: str, context: Context) -> str | None:
    """Four digits when they were typed, "place:<name>" in the family's spelling when a name was."""
    found = read(Kind.POSTCODE, (), text, context)
    if found is None:
        return None
    if isinstance(found, str) and found in normalise(text):
        return found
    said = words(text, context.languages, context.language)
    for start, end, _ in find_names(said, context.places):
        return "place:" + " ".join(_as_typed(word.text, text) for word in said[start:end])
    return None if isinstance(found, Several) else f"place:{context.places.name(str(found)).casefold()}"


def _as_typed(word: str, text: str) -> str:
    """The family's own spelling of a word that was compared without its marks."""
    typed = normalise(text).replace(",", " ").split()
    return next((each for each in typed if fold(each) == word), word)


def _days(found: object) -> list[list[str]] | None:
    if found == "any" or not isinstance(found, tuple):
        return None
    return [[day, part or "day"] for day, _, part in (each.partition(":") for each in found)]


def context_on(day: date, language: str) -> Context:
    """A context with everything that is installed."""
    from flows.grammar.place import load_places
    from locales import languages

    known = languages.load()
    return Context(known, load_places(), language, day, offered=tuple(sorted(known_languages(known))))
