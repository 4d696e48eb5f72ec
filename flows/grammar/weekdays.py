"""On which days, and whether mornings or afternoons."""

from collections.abc import Iterator, Sequence

from flows.grammar.lexicon import Word, words
from locales.languages import Languages

DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
ANY = "any"
_GROUPS = {"all": DAYS[:5], "work": DAYS[:5], "weekend": DAYS[5:]}  # "every day" asks for childcare on working days


def read_weekdays(text: str, languages: Languages, code: str) -> tuple[str, ...] | str | None:
    """("mo", "tu:am", "we:pm"), "any", or None: ask again."""
    said = words(text, languages, code)
    if any(word.has("or") or word.has("no_answer") or not _is_known(word) for word in said):
        return None
    if any(word.get("days") == "any" for word in said):
        return ANY if all(word.get("days") or word.is_filler for word in said) else None
    if any(word.has("except") for word in said):
        return _with_exception(said, follows=languages[code].except_follows)
    found = list(_named(said))
    return _in_order(_with_parts(found, said))


def _is_known(word: Word) -> bool:
    kinds = ("weekday", "days", "part")
    marks = ("and", "to", "except", "ante", "post")
    return word.is_filler or any(word.get(kind) for kind in kinds) or any(word.has(mark) for mark in marks)


def _with_exception(said: Sequence[Word], *, follows: bool) -> tuple[str, ...] | None:
    """ "every day except Wednesday"; where the word `follows`, what it takes away stands before it."""
    at = next(place for place, word in enumerate(said) if word.has("except"))
    before, after = ({day for day, _ in _named(part)} for part in (said[:at], said[at + 1 :]))
    if follows and before and after:
        before, after = after, before
    left = tuple(day for day in DAYS if day in before and day not in after)
    return left if after and not any(word.get("part") for word in said) and left else None


def _named(said: Sequence[Word]) -> Iterator[tuple[str, int]]:
    """Each day with the place of its word. Two days with "to" between, or behind them, are all days between."""
    if (whole := _range_with_to_behind(said)) is not None:
        yield from whole
        return
    place = 0
    while place < len(said):
        first, last = said[place].get("weekday"), _end_of_range(said, place)
        group = said[place].get("days")
        if first and last:
            for day in _between(first, last):
                yield day, place + 2
            place += 3
            continue
        if first:
            yield first, place
        elif group in _GROUPS:
            for day in _GROUPS[group]:
                yield day, place
        place += 1


def _range_with_to_behind(said: Sequence[Word]) -> list[tuple[str, int]] | None:
    """ "pazartesiden cumaya kadar": in some languages "until" stands behind."""
    days = [(word.get("weekday"), place) for place, word in enumerate(said) if word.get("weekday")]
    until = [place for place, word in enumerate(said) if word.has("to")]
    if len(days) != 2 or len(until) != 1 or until[0] < days[1][1]:
        return None
    return [(day, days[1][1]) for day in _between(str(days[0][0]), str(days[1][0]))]


def _end_of_range(said: Sequence[Word], place: int) -> str | None:
    """ "ma-vr" is a range and "ma-wo-vr" a list."""
    if place + 2 >= len(said):
        return None
    sign, last = said[place + 1], said[place + 2].get("weekday")
    if sign.has("to"):
        return last
    dashes = sum(word.text == "-" for word in said)
    return last if sign.text == "-" and dashes == 1 else None


def _between(first: str, last: str) -> Iterator[str]:
    start, end = DAYS.index(first), DAYS.index(last)
    return iter(DAYS[(start + each) % 7] for each in range((end - start) % 7 + 1))


def _with_parts(found: Sequence[tuple[str, int]], said: Sequence[Word]) -> dict[str, set[str]]:
    """A part of the day belongs to the days before it that have none yet; said first, to all that follow."""
    parts = [(place, part) for place, word in enumerate(said) if (part := _part(word))]
    days: dict[str, set[str]] = {}
    for day, place in found:
        after = [part for at, part in parts if at > place and not any(place < other < at for other, _ in parts)]
        before = [part for at, part in parts if at < place]
        leading = before[:1] if parts and parts[0][0] < found[0][1] else []
        days.setdefault(day, set()).add(leading[0] if leading else after[0] if after else "day")
    return days


def _part(word: Word) -> str | None:
    return word.get("part") or ("am" if word.has("ante") else "pm" if word.has("post") else None)


def _in_order(days: dict[str, set[str]]) -> tuple[str, ...] | None:
    def shown(day: str) -> str:
        parts = days[day]
        return day if "day" in parts or parts == {"am", "pm"} else f"{day}:{parts.pop()}"

    return tuple(shown(day) for day in DAYS if day in days) or None
