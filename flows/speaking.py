"""What is said on the phone: prompts as lines, each one idea, with their gaps filled in words that can be spoken.

A line is spoken by a voice, or played from recordings; which of them is decided where sound is made. The order is
always the same: what is asked, then for each answer what it is for and which key to press.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flows.events import MORE, Prompt
from flows.wording import Wording

_IN_DIGITS = ("reference", "references", "phone")
LEADING = ("nl", "fr", "en")  # in these a caller hears that there are more languages


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to say. `template`: its words with gaps; `values`: what fills them, raw, by name."""

    key: str
    language: str
    template: str
    values: tuple[tuple[str, str], ...]
    text: str  # the same, filled


def lines(prompts: tuple[Prompt, ...], language: str, wording: Wording) -> tuple[Line, ...]:
    """Everything that these prompts say, in order."""
    return tuple(line for prompt in prompts for line in _lines(prompt, language, wording))


def line(key: str, language: str, wording: Wording, values: Mapping[str, str] | None = None) -> Line:
    """One text. It comes in Dutch where it was not translated."""
    template, language = wording.template(key, language)
    text = template.replace("\n", " ")
    given = tuple((values or {}).items())
    for name, raw in given:
        text = text.replace(f"{{{name}}}", spoken(name, raw, language, wording))
    return Line(key, language, template, given, text)


def spoken(name: str, raw: str, language: str, wording: Wording) -> str:
    """A value as it is said: a reference digit by digit, a town without its number."""
    if name in _IN_DIGITS:
        return ". ".join(in_digits(each) for each in raw.split())
    if name == "where":
        address, _, phone = raw.partition("|")
        return f"{address}. {in_digits(phone)}" if phone else address
    said = wording.value(name, raw, language)
    if name == "hours":
        return said.replace("\n", ". ")
    return said.partition(" (")[0] if name in ("place", "said") else said


def in_digits(number: str) -> str:
    """Digit by digit, in groups of four: "4, 8, 1, 2, 3, 6, 7, 3" reads better with a rest in the middle."""
    digits = [sign for sign in number if sign.isdigit()]
    return "; ".join(", ".join(digits[place : place + 4]) for place in range(0, len(digits), 4))


def _lines(prompt: Prompt, language: str, wording: Wording) -> Iterator[Line]:
    if prompt.question == "language":
        yield from _menu(prompt, wording)
        return
    yield line(prompt.key, language, wording, dict(prompt.values))
    if prompt.entry is None or prompt.entry.part:
        return
    for choice in prompt.choices:
        yield _choice(prompt, choice.id, choice.number, language, wording)
    for more in (f"{prompt.question}.later", "keys.dont_know" if prompt.choices and not prompt.entry.digits else ""):
        if more and wording.knows(more if "keys" in more else f"{more}.voice"):
            yield line(more, language, wording)


def _menu(prompt: Prompt, wording: Wording) -> Iterator[Line]:
    """Each language in its own words; then the way to the others, in the languages most callers know some of."""
    if prompt.entry is not None and prompt.entry.part:
        return  # the second key of a card
    for choice in prompt.choices:
        if choice.id != MORE:
            yield line("call.language", choice.id, wording, {"key": choice.number})
            continue
        yield from dict.fromkeys(line("call.languages", code, wording, {"key": choice.number}) for code in LEADING)


def _choice(prompt: Prompt, id_: str, number: str, language: str, wording: Wording) -> Line:
    own = f"{prompt.question}.{id_}"
    if wording.knows(f"{own}.voice"):
        return line(own, language, wording, {"key": number})
    if id_ == MORE:
        return line("keys.more", language, wording, {"key": number})
    if prompt.key == "place.which":
        return line("keys.place", language, wording, {"place": id_, "key": number})
    return line(f"keys.{id_}", language, wording)
