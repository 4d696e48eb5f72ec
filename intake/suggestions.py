"""What translators propose for the texts of the service: written by one, read by another, taken by the maintainers.

Nothing of it goes out from here: families receive the catalogues that came with this version. What was approved leaves
by `language export --approved` and comes back with a later version, tried like every text. A state never claims more
than was read: only who grew up with a language makes a text `native`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flows.form import SourceText, placeholders
from intake import language_check
from intake.installation import Installation
from intake.language_check import made_worse
from intake.problems import DeskError, not_there
from locales import catalogue
from locales.catalogue import OUTDATED, CatalogueProblem, Catalogues, Entry
from storage import audit, suggestions
from storage.database import Session
from storage.models import Suggestion
from storage.staff import Person
from storage.suggestions import APPROVED, DROPPED, NATIVE, texts_of

WAITING, TAKEN, MISSING = "waiting", "taken", "missing"
STATES = (WAITING, MISSING, OUTDATED, "draft", "read back", "native", TAKEN)
_LONGEST = 2000  # characters


@dataclass(frozen=True)
class Text:
    """One text in one language. `open`: what waits to be read; `approved`: what waits for a version of the service."""

    source: SourceText
    entry: Entry
    goes_out: bool
    newest: Suggestion | None
    approved: Suggestion | None

    @property
    def open(self) -> Suggestion | None:
        return self.newest if self.newest and not self.newest.decision else None

    @property
    def present(self) -> tuple[str, ...]:
        return tuple(text for _, text in self.entry.forms)

    @property
    def state(self) -> str:
        """The one word for it in a list: what is to be done comes first."""
        if self.open:
            return WAITING
        if self.approved:
            return TAKEN
        if not self.goes_out:
            return MISSING
        return OUTDATED if self.entry.is_outdated else self.entry.state

    @property
    def is_old(self) -> bool:
        """Whether what waits was written for other Dutch."""
        return self.open is not None and self.open.dutch != dutch(self.source)


def dutch(source: SourceText) -> str:
    """What a translation is made of, also where the Dutch has two forms."""
    return "\n".join(filter(None, (source.text, source.several)))


def texts(session: Session, here: Installation, language: str) -> Iterator[Text]:
    """Every text of a written language, in the order of the form. Raises `DeskError`."""
    check_language(here, language)
    proposed = suggestions.of_language(session, language)
    return (_text(here, language, key, proposed.get(key, ())) for key in here.form.sources)


def text(session: Session, here: Installation, language: str, key: str, *, is_locked: bool = False) -> Text:
    """One of them; `is_locked`: for a change. Raises `DeskError`."""
    check_text(here, language, key)
    return _text(here, language, key, suggestions.of_text(session, language, key, is_locked=is_locked))


def check_language(here: Installation, language: str) -> None:
    if language not in here.catalogues:
        raise DeskError(404, "This language does not exist here.")


def check_text(here: Installation, language: str, key: str) -> None:
    check_language(here, language)
    if key not in here.form.sources:
        raise not_there()


def checked(here: Installation, language: str, key: str, given: Sequence[str]) -> tuple[str, ...]:
    """Words that can be proposed: as an import and `language check` want them. Slow, so before the transaction.

    Raises `DeskError`.
    """
    check_text(here, language, key)
    new = tuple(each.strip() for each in given)
    source = here.form.sources[key]
    if len(new) != len(here.catalogues.entries(language)[key].forms) or not all(new):
        raise DeskError(422, "Write something first.")
    for each in new:
        _check_one(each, source)
    for fault in made_worse(here.form, here.words, here.catalogues[language], _keyed(here, language, source, new)):
        raise DeskError(422, WRONG[fault.template], **dict(fault.values))
    return new


def suggest(
    session: Session, here: Installation, person: Person, language: str, key: str, new: tuple[str, ...], was: str,
    now: datetime,
) -> None:  # fmt: skip
    """Other words (`checked`). `was`: the suggestion that the form showed, "" for none. Raises `DeskError`."""
    found = text(session, here, language, key, is_locked=True)
    _check_seen(found, was)
    if new == found.present and not found.open:
        raise DeskError(422, "This is what stands there already.")
    suggestions.add(session, language, key, was, dutch(found.source), new, person.id, now)
    audit.add(session, now, None, person.id, "text_suggested", f"{language}:{key}")


def approve(
    session: Session, here: Installation, person: Person, language: str, key: str, was: str, now: datetime, *,
    is_native: bool,
) -> None:  # fmt: skip
    """Somebody else read what waits, or what families get now, and found it right. Raises `DeskError`."""
    found = text(session, here, language, key, is_locked=True)
    _check_seen(found, was)
    row = found.open
    if row is None:
        row = _as_it_is(session, person, language, found, is_native, now)
    if row.author == person.id:
        raise DeskError(409, "You wrote this translation. Somebody else has to read it.")
    if row.dutch != dutch(found.source):
        raise DeskError(409, "The Dutch has changed since this was written. Write it anew.")
    suggestions.decide(session, row, NATIVE if is_native else APPROVED, person.id, now)
    audit.add(session, now, None, person.id, "text_approved", f"{language}:{key}", after=row.decision)


def drop(
    session: Session, here: Installation, person: Person, language: str, key: str, was: str, now: datetime
) -> None:
    """What waits is not right, or its author takes it back: what stood there stays. Raises `DeskError`."""
    found = text(session, here, language, key, is_locked=True)
    _check_seen(found, was)
    if found.open is None:
        raise _changed()
    suggestions.decide(session, found.open, DROPPED, person.id, now)
    audit.add(session, now, None, person.id, "text_dropped", f"{language}:{key}")


def approved(
    session: Session, catalogues: Catalogues, sources: Mapping[str, SourceText], code: str
) -> dict[str, Entry]:
    """What the maintainers are to take, as it is to stand in the catalogue."""
    now = catalogues.entries(code)
    found = {}
    for key, rows in suggestions.of_language(session, code).items():
        if key in sources and (row := _approved(rows, sources[key], now[key])):
            forms = tuple((name, text) for (name, _), text in zip(now[key].forms, texts_of(row), strict=True))
            found[key] = Entry(forms, _claims(row), is_outdated=False, exception=now[key].exception)
    return found


def _text(here: Installation, language: str, key: str, rows: Sequence[Suggestion]) -> Text:
    entry, source = here.catalogues.entries(language)[key], here.form.sources[key]
    newest = rows[-1] if rows else None
    return Text(source, entry, key in here.catalogues[language].texts, newest, _approved(rows, source, entry))


def _approved(rows: Sequence[Suggestion], source: SourceText, entry: Entry) -> Suggestion | None:
    """The last one that was approved, unless the catalogue holds it by now, or the Dutch has changed since."""
    row = next((each for each in reversed(rows) if each.decision in (APPROVED, NATIVE)), None)
    if row is None or row.dutch != dutch(source) or len(texts_of(row)) != len(entry.forms):
        return None
    is_there = texts_of(row) == tuple(text for _, text in entry.forms) and not entry.is_outdated
    return None if is_there and (entry.state == "native" or entry.state == _claims(row)) else row


def _claims(row: Suggestion) -> str:
    """The review that may be claimed. Who read it beside the Dutch did not read it back."""
    return "native" if row.decision == NATIVE else "draft"


def _as_it_is(
    session: Session, person: Person, language: str, found: Text, is_native: bool, now: datetime
) -> Suggestion:
    """What families get now, to be approved: by somebody who grew up with it, or where its Dutch changed."""
    if not all(found.present) or not (is_native or found.entry.is_outdated):
        raise _changed()
    written = suggestions.of_text(session, language, found.source.key)
    if any(each.author == person.id and texts_of(each) == found.present for each in written):
        raise DeskError(409, "You wrote this translation. Somebody else has to read it.")
    follows = found.newest.id if found.newest else ""
    return suggestions.add(session, language, found.source.key, follows, dutch(found.source), found.present, None, now)


def _check_one(new: str, source: SourceText) -> None:
    if len(new) > _LONGEST:
        raise DeskError(422, "This is too long: at most %(most)s characters.", most=_LONGEST)
    if set(placeholders(new)) != set(placeholders(source.text)):
        gaps = " ".join(f"{{{gap}}}" for gap in placeholders(source.text)) or "–"
        raise DeskError(422, "The translation must have the same gaps as the Dutch: %(gaps)s", gaps=gaps)
    try:
        catalogue.check(new, source, "it")
    except CatalogueProblem:
        raise DeskError(422, "Signs such as < > or a single { cannot stand in a text.") from None


def _keyed(here: Installation, language: str, source: SourceText, new: Sequence[str]) -> dict[str, str]:
    """By the keys under which a catalogue keeps them."""
    if not source.several:
        return {source.key: new[0]}
    one = here.catalogues[language].texts.form(1)
    return {source.key: new[one], **{f"{source.key}#{place}": each for place, each in enumerate(new)}}


WRONG = {  # fault of a text -> what is said to whoever wrote it
    language_check.INVITES: "Never invite to send %(word)s: telephone companies act on it. Choose another word.",
    language_check.TOO_DEAR: "With its answers this takes %(count)s text messages, at most %(most)s. Make it shorter.",
    language_check.STRANGE: "The sign %(sign)s makes a text message twice as dear. Write it otherwise.",
    language_check.TOO_LONG: "This is too long to be said at once. Make it shorter.",
    language_check.STUMBLES: "A voice reads out signs such as ( ) / * #. Leave them out.",
}


def _check_seen(found: Text, was: str) -> None:
    if was != (found.newest.id if found.newest else ""):
        raise _changed()


def _changed() -> DeskError:
    return DeskError(
        409, "A colleague changed this meanwhile. Below is what stands there now; yours is still in the form."
    )
