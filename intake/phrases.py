"""Vetted phrases: those that come with the service and those of a desk, in Dutch and as far as they are translated.

A translation goes out once a second person has read it; it never claims more. Without one the Dutch goes out, or
nothing, as the coordinator chose. What was sent names its version, so that it can be read for as long as it is kept.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation

from flows.events import Prompt
from flows.form import check_text, placeholders
from flows.wording import Wording
from intake.installation import Installation
from intake.problems import DeskError, not_there
from locales.catalogue import CatalogueProblem, check
from storage import audit, desks, phrases
from storage.database import Session
from storage.models import Phrase as Row
from storage.models import PhraseText
from storage.staff import Person

BUILT_IN, OWN = "phrase.", "own."
KINDS = (
    "date",
    "time",
    "number",
    "name",
    "free",
)  # what a gap of a desk's own phrase may be; {date_two} is a second date
_OF_BUILT_IN = ("day", "phone", "address")
_GAP = re.compile(r"(?P<kind>[a-z]+)(_[a-z]+)?")
_LONGEST = {"text": 300, "hint": 120, "field": 80}


@dataclass(frozen=True)
class Translated:
    """`state`: draft, reviewed, outdated; for what comes with the service its own review."""

    text: str
    state: str
    version: str = ""
    author: str = ""

    @property
    def goes_out(self) -> bool:
        return self.state not in ("draft", "outdated") or not self.version


@dataclass(frozen=True)
class Phrase:
    """`key`: how it is chosen; `said_as`: the key of its Dutch in what is sent; `version` of that: "" built in."""

    key: str
    said_as: str
    version: str
    text: str
    hint: str
    dutch_too: bool
    is_retired: bool
    translations: Mapping[str, Translated]

    @property
    def gaps(self) -> tuple[str, ...]:
        return tuple(placeholders(self.text))


@dataclass(frozen=True)
class Phrases:
    """Those of one desk. `wording`: every word that may go out."""

    all: tuple[Phrase, ...]
    wording: Wording

    @property
    def offered(self) -> tuple[Phrase, ...]:
        return tuple(each for each in self.all if not each.is_retired)

    def get(self, key: str) -> Phrase:
        """Raises `DeskError`."""
        found = next((each for each in self.all if each.key == key), None)
        if found is None:
            raise DeskError(422, "Choose a phrase.")
        return found

    def prompt(self, key: str, given: Mapping[str, str]) -> Prompt:
        """The phrase with its gaps filled in. Raises `DeskError` when one is empty, or no date, time or number."""
        phrase = self.get(key)
        if phrase.is_retired:
            raise DeskError(422, "Choose a phrase.")
        return Prompt(phrase.said_as, tuple((name, _value(name, given.get(name, ""))) for name in phrase.gaps))

    def must_reach(self, here: Installation, key: str, language: str) -> None:
        """Raises `DeskError` where a phrase goes out translated or not at all."""
        phrase = self.get(key)
        if not phrase.dutch_too and not self.wording.is_translated(phrase.said_as, language):
            name = here.words[language].name if language in here.words else language
            raise DeskError(
                409, "This phrase is not translated into %(language)s, and is not sent in Dutch.", language=name
            )


def of_desk(session: Session, here: Installation, desk_id: str) -> Phrases:
    """Every phrase that a desk has, first those that come with the service."""
    rows = phrases.of_desk(session, desk_id)
    texts = phrases.newest(session, [row.id for row in rows])
    changed = {row.key: _own(row, texts.get(row.id, {}), here) for row in rows}
    keys = [key for key in here.form.sources if key.startswith(BUILT_IN)]
    built_in = [changed[key] if key in changed else _built_in(here, key) for key in keys]
    all_ = (*built_in, *(each for key, each in changed.items() if key not in keys and key.startswith(OWN)))
    dutch = {each.said_as: each.text for each in all_ if each.version}
    translations: dict[str, dict[str, str]] = {}
    for each in all_:
        for language, told in each.translations.items():
            if each.version and told.goes_out:
                translations.setdefault(language, {})[each.said_as] = told.text
    return Phrases(all_, here.wording_of(here.form).with_texts(dutch, translations))


def wording_of_sent(session: Session, here: Installation, keys: Iterable[str]) -> Wording:
    """For what was sent with these keys: their Dutch as it was then."""
    ids = (key.removeprefix(OWN) for key in keys if key.startswith(OWN))
    dutch = {f"{OWN}{id_}": text for id_, text in phrases.said(session, ids).items()}
    return here.wording_of(here.form).with_texts(dutch, {})


def _built_in(here: Installation, key: str, *, is_retired: bool = False) -> Phrase:
    translations = {}
    for language in here.catalogues:
        if text := here.translations[language].get(key):
            translations[language] = Translated(text, here.catalogues[language].states.get(key, "draft"))
    return Phrase(key, key, "", here.form.dutch[key], here.form.messages[key].desk, True, is_retired, translations)


def _own(row: Row, texts: Mapping[str, PhraseText], here: Installation) -> Phrase:
    dutch, is_retired = texts.get(phrases.DUTCH), row.retired_at is not None
    if dutch is None:
        return _built_in(here, row.key, is_retired=is_retired)
    translations = {
        language: Translated(each.text, _state(each, dutch), each.id, each.author)
        for language, each in texts.items()
        if language != phrases.DUTCH
    }
    return Phrase(
        row.key, f"{OWN}{dutch.id}", dutch.id, dutch.text, dutch.hint, row.dutch_too, is_retired, translations
    )  # fmt: skip


def _state(text: PhraseText, dutch: PhraseText) -> str:
    if text.dutch_id != dutch.id:
        return "outdated"
    return "reviewed" if text.reviewed_by else "draft"


def _value(name: str, given: str) -> str:
    """What stands in a gap, as it is kept. Raises `DeskError`."""
    text, kind = given.strip(), kind_of(name)
    if not text or len(text) > _LONGEST["field"] or "\n" in text:
        raise DeskError(422, "Fill in every field of the phrase.")
    try:
        match kind:
            case "date" | "day":
                return date.fromisoformat(text).isoformat()
            case "time":
                return time.fromisoformat(text).strftime("%H:%M")
            case "number":
                return str(Decimal(text.replace(",", ".")))
            case _:
                return text
    except (ValueError, InvalidOperation):
        raise DeskError(422, "Give a date, a time or a number where the phrase asks for one.") from None


def kind_of(gap: str) -> str:
    found = _GAP.fullmatch(gap)
    return found["kind"] if found else gap


# --- What a coordinator and translators do ---------------------------------------------------------------------------


def keep(
    session: Session,
    here: Installation,
    person: Person,
    desk_id: str,
    key: str,
    given: Mapping[str, str],
    now: datetime,
) -> str:
    """A new phrase (`key` is ""), or other words for one. `given`: text, hint, dutch_too, was. Returns its key."""
    text, hint = _checked(given.get("text", "")), given.get("hint", "").strip()[: _LONGEST["hint"]]
    row = _row(session, here, person, desk_id, key, now)
    before = phrases.newest(session, [row.id]).get(row.id, {}).get(phrases.DUTCH)
    if key and given.get("was", "") != (before.id if before else ""):
        raise _changed()
    row.dutch_too = given.get("dutch_too") == "yes"
    session.add(row)
    if before is None or (before.text, before.hint) != (text, hint):
        version = phrases.write(session, row, phrases.DUTCH, text, person.id, now, hint=hint)
        if before is not None and before.text == text:  # other help, the same words: translations go on
            _carry_over(session, row, before, version, now)
    audit.add(session, now, desk_id, person.id, "phrase_changed" if key else "phrase_added", row.id)
    return row.key


def retire(
    session: Session, here: Installation, person: Person, desk_id: str, key: str, now: datetime, *, back: bool
) -> None:
    """No colleague is offered it any more; what was sent stays readable. `back`: offered again."""
    row = _row(session, here, person, desk_id, key, now)
    phrases.retire(session, row, None if back else now)
    audit.add(session, now, desk_id, person.id, "phrase_back" if back else "phrase_retired", row.id)


def translate(
    session: Session, here: Installation, person: Person, desk_id: str, key: str, language: str, text: str, was: str,
    now: datetime,
) -> None:  # fmt: skip
    """A draft; a second person reads it before it goes out. `was`: the version that the form showed."""
    phrase, row = _of_own(session, here, person, desk_id, key)
    if language not in here.catalogues:
        raise DeskError(422, "Choose a language.")
    checked, source = _checked(text), _Source(key, phrase.text)
    try:
        check(checked, source, "it")
    except CatalogueProblem:
        gaps = " ".join(f"{{{gap}}}" for gap in phrase.gaps) or "–"
        raise DeskError(422, "The translation must have the same gaps as the Dutch: %(gaps)s", gaps=gaps) from None
    known = phrase.translations.get(language)
    if was != (known.version if known else ""):
        raise _changed()
    phrases.write(session, row, language, checked, person.id, now, dutch_id=phrase.version)
    audit.add(session, now, desk_id, person.id, "phrase_translated", row.id)


def review(
    session: Session, here: Installation, person: Person, desk_id: str, key: str, language: str, was: str, now: datetime
) -> None:
    """A second person read it and found it right: from now on it goes out."""
    phrase, row = _of_own(session, here, person, desk_id, key)
    known = phrase.translations.get(language)
    if known is None or known.version != was or known.state == "outdated":
        raise _changed()
    if known.author == person.id:
        raise DeskError(409, "You wrote this translation. Somebody else has to read it.")
    version = phrases.newest(session, [row.id])[row.id][language]
    phrases.review(session, version, person.id, now)
    audit.add(session, now, desk_id, person.id, "phrase_reviewed", row.id)


@dataclass(frozen=True)
class _Source:
    """What `check` holds a translation to."""

    key: str
    text: str
    context: str = ""
    several: str = ""
    meaning: int = 1


def _carry_over(session: Session, row: Row, before: PhraseText, after: PhraseText, now: datetime) -> None:
    for language, each in phrases.newest(session, [row.id])[row.id].items():
        if language != phrases.DUTCH and each.dutch_id == before.id:
            kept = phrases.write(session, row, language, each.text, each.author, now, dutch_id=after.id)
            if each.reviewed_by:
                phrases.review(session, kept, each.reviewed_by, each.reviewed_at or now)


def _row(session: Session, here: Installation, person: Person, desk_id: str, key: str, now: datetime) -> Row:
    """Its row at this desk, made where there is none yet. Locked, with the desk: two colleagues never make it twice."""
    if desk_id not in person.desk_ids:
        raise not_there()
    desks.lock(session, desk_id)
    if not key:
        return phrases.add(session, desk_id, "", now)
    row = phrases.locked(session, desk_id, key)
    if row is None and not (key.startswith(BUILT_IN) and key in here.form.sources):
        raise not_there()
    return row or phrases.add(session, desk_id, key, now)


def _of_own(session: Session, here: Installation, person: Person, desk_id: str, key: str) -> tuple[Phrase, Row]:
    """A phrase whose words are the desk's own."""
    if desk_id not in person.desk_ids:
        raise not_there()
    row = phrases.locked(session, desk_id, key)
    found = next((each for each in of_desk(session, here, desk_id).all if each.key == key), None)
    if row is None or found is None or not found.version:
        raise not_there()
    return found, row


def _checked(text: str) -> str:
    """Words that can be sent. Raises `DeskError`."""
    cleaned = " ".join(text.split())
    if not cleaned:
        raise DeskError(422, "Write something first.")
    if len(cleaned) > _LONGEST["text"]:
        raise DeskError(422, "This is too long: at most %(most)s characters.", most=_LONGEST["text"])
    try:
        check(cleaned, _Source("", cleaned), "it")
        gaps = placeholders(check_text(cleaned))
    except (CatalogueProblem, ValueError):
        raise DeskError(422, "Signs such as < > or a single { cannot stand in a phrase.") from None
    if any(kind_of(gap) not in (*KINDS, *_OF_BUILT_IN) for gap in gaps):
        raise DeskError(422, "A gap is one of: %(gaps)s", gaps=" ".join(f"{{{kind}}}" for kind in KINDS))
    return cleaned


def _changed() -> DeskError:
    return DeskError(
        409, "A colleague changed this meanwhile. Below is what stands there now; yours is still in the form."
    )
