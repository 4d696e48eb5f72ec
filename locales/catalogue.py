"""Translations: one gettext file a language, read at start and kept in memory.

`msgctxt` is our key and `msgid` the Dutch it was made from. What becomes of a text travels in flags and comments of
the file: fuzzy (the Dutch changed since: it stays in use, out of date), `meaning: 2` (which meaning of the Dutch it was
made for; an older one is withdrawn), `review: draft`, `review: read back`, `review: native`, and `exception: …` (why it
may take more segments than others).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from gettext import c2py  # compiles the formula of a Plural-Forms header
from io import BytesIO
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import Any, Protocol

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, write_po

from locales.languages import Languages

FILE = "family.po"
SOURCE = "source"
REVIEWS = ("draft", "read back", "native")
OUTDATED = "out of date"  # in use, made for Dutch that has changed since
_REVIEW, _MEANING, _EXCEPTION = "review: ", "meaning: ", "exception: "
_UNWANTED = re.compile("[<>\u202a-\u202e\u2066-\u2069\x00-\x09\x0b-\x1f\x7f]")  # mark-up, turned text, control signs
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)  # the history of a file is git's


class Source(Protocol):
    """What is translated: the Dutch of a key, and what a translator must know."""

    @property
    def key(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def context(self) -> str: ...
    @property
    def several(self) -> str: ...
    @property
    def meaning(self) -> int: ...


class Texts(dict[str, str]):
    """Texts by key. `form`: the number of the form for so many, by the formula of the file."""

    def __init__(self, form: Callable[[int], int], texts: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(texts)
        self.form = form


class CatalogueProblem(ValueError):
    """A catalogue that cannot be used: one sentence with file and key."""


@dataclass(frozen=True)
class Catalogue:
    """`texts`: key -> text that may go out. `doubtful`: keys for which the Dutch goes out until somebody looks.

    `outdated`: texts in use that were made for other Dutch. `exceptions`: key -> why it may be longer.

    Where something is counted, `key` is the text for one and `key#0`, `key#1` … are the forms of the file.
    """

    language: str
    texts: Texts
    doubtful: tuple[str, ...]
    outdated: tuple[str, ...]
    review: Mapping[str, str]  # key -> one of REVIEWS
    exceptions: Mapping[str, str]

    @property
    def states(self) -> dict[str, str]:
        """What to say of each text that goes out: its review, or that it is out of date."""
        return {**self.review, **dict.fromkeys(self.outdated, OUTDATED)}


def overall(states: Mapping[str, str]) -> str:
    """What can be claimed of a whole language: what holds for every one of its texts."""
    found = [each for each in states.values() if each != OUTDATED]
    return min(found, key=REVIEWS.index, default=REVIEWS[0])


class Catalogues(Mapping[str, Catalogue]):
    """The catalogue of every written language below `folder` but the source, each read when it is first wanted.

    Looking one up raises `CatalogueProblem`: whoever switches languages on looks at all of those before anything else.
    """

    def __init__(self, folder: Path, sources: Mapping[str, Source], languages: Languages) -> None:
        self._folder, self._sources, self._read = folder, sources, dict[str, Catalogue]()
        self._entries = dict[str, Mapping[str, "Entry"]]()
        self._codes = tuple(
            code for code, language in languages.items() if language.review != SOURCE and not language.only_spoken
        )

    def __getitem__(self, code: str) -> Catalogue:
        if code not in self._codes:
            raise KeyError(code)
        if code not in self._read:
            self._read[code] = read(self._folder / code / FILE, self._sources)
        return self._read[code]

    def entries(self, code: str) -> Mapping[str, "Entry"]:
        """What stands in its file, also what may not go out: for translators. Read once."""
        if code not in self._entries:
            self._entries[code] = entries(self._folder / code / FILE, self._sources)
        return self._entries[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)


class Translations(Mapping[str, Texts]):
    """Only the texts of `catalogues`; `keeps`: which keys (all when left out)."""

    def __init__(self, catalogues: Mapping[str, Catalogue], keeps: Callable[[str], bool] | None = None) -> None:
        self._catalogues, self._keeps, self._kept = catalogues, keeps, dict[str, Texts]()

    def __getitem__(self, code: str) -> Texts:
        texts = self._catalogues[code].texts
        if self._keeps is None:
            return texts
        if code not in self._kept:
            kept = {key: text for key, text in texts.items() if self._keeps(key.partition("#")[0])}
            self._kept[code] = Texts(texts.form, kept)
        return self._kept[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._catalogues)

    def __len__(self) -> int:
        return len(self._catalogues)


def read(path: Path, sources: Mapping[str, Source]) -> Catalogue:
    """The translations in `path`. Raises `CatalogueProblem` when a key is missing or placeholders differ."""
    catalog, place = _open(path), f"{path.parent.name}/{path.name}"
    found = {str(message.context): message for message in catalog if message.context}
    texts, review, exceptions = Texts(_formula(catalog, place)), dict[str, str](), dict[str, str]()
    doubtful, outdated = list[str](), list[str]()
    for key, source in sources.items():
        message = found.get(key)
        if message is None:
            raise CatalogueProblem(f"{place}: {key} is missing; `python -m intake language update` adds it")
        forms = _forms(message)
        is_old = message.fuzzy or message.id != _msgid(source)
        if not all(forms) or _meaning(message) < source.meaning or (is_old and not _fits(forms, source)):
            doubtful.append(key)
            continue
        if is_old:
            outdated.append(key)
        for text in forms:
            check(text, source, f"{place}: {key}")
        texts[key] = forms[texts.form(1)] if source.several else forms[0]
        if source.several:
            texts |= {f"{key}#{place}": text for place, text in enumerate(forms)}
        review[key] = _review(message)
        if why := _said(message, _EXCEPTION):
            exceptions[key] = why
    return Catalogue(path.parent.name, texts, tuple(doubtful), tuple(outdated), review, exceptions)


def update(path: Path, sources: Mapping[str, Source]) -> tuple[str, ...]:
    """Bring a file in step with the Dutch, by key; returns the keys that somebody must look at.

    New keys come in empty, gone keys go, and a text made for other Dutch stays, marked fuzzy. What it was made to
    mean stays written beside it.
    """
    old = _open(path) if path.exists() else Catalog(locale=path.parent.name, fuzzy=False)
    found = {str(message.context): message for message in old if message.context}
    new = Catalog(
        locale=path.parent.name,
        project="Opvanglijn",
        version="1",
        header_comment=f"# What families receive, {path.parent.name}. Keys and Dutch come from flows/*.yaml.",
        copyright_holder="",
        msgid_bugs_address="",
        last_translator="",
        language_team="",
        creation_date=_EPOCH,
        revision_date=_EPOCH,
        fuzzy=False,
    )
    changed = []
    for key, source in sources.items():
        message = found.get(key)
        forms: tuple[str, ...] = ()
        flags, comments, told = set(), [f"{_REVIEW}draft"], [source.context]
        if source.meaning > 1:
            comments.append(f"{_MEANING}{source.meaning}")
        if message is not None:
            forms, comments = _forms(message), list(message.user_comments) or [f"{_REVIEW}draft"]
            is_other = message.id != _msgid(source) and any(forms)
            flags = {"fuzzy"} & (set(message.flags) | ({"fuzzy"} if is_other else set()))
        if flags or not any(forms):
            changed.append(key)
        string: Any = forms[0] if forms else ""
        if source.several:
            told.append("; ".join(f"msgstr[{form}]: {each}" for form, each in enumerate(_examples(new))))
            string = tuple((*forms, *[forms[-1] if forms else ""] * new.num_plurals)[: new.num_plurals])
        new.add(_msgid(source), string, context=key, flags=flags, user_comments=comments, auto_comments=told)
    _write(path, new)
    return tuple(changed)


def _write(path: Path, catalog: Catalog) -> None:
    content = BytesIO()
    write_po(content, catalog, width=110, sort_output=False, omit_header=False, ignore_obsolete=True)
    path.write_bytes(content.getvalue().rstrip() + b"\n")  # babel leaves an empty line at the end


def _open(path: Path, language: str = "") -> Catalog:
    """`language`: of a file that does not stand in its language's folder."""
    try:
        with path.open("rb") as file:
            found = read_po(file, locale=language or path.parent.name, charset="utf-8", abort_invalid=True)
    except FileNotFoundError:
        raise CatalogueProblem(f"{path.parent.name}/{path.name} is missing: every language needs one") from None
    except (PoFileError, UnicodeDecodeError) as error:
        raise CatalogueProblem(f"{path.parent.name}/{path.name} cannot be read: {error}") from None
    if found.charset.lower() != "utf-8":
        raise CatalogueProblem(f"{path.parent.name}/{path.name} must be in UTF-8, not {found.charset}")
    return found


@dataclass(frozen=True)
class Entry:
    """One text as it stands in a file: for each form which numbers it is for ("" where nothing is counted)."""

    forms: tuple[tuple[str, str], ...]
    state: str  # one of REVIEWS
    is_outdated: bool = False
    exception: str = ""


def entries(path: Path, sources: Mapping[str, Source]) -> dict[str, Entry]:
    """Every text of a file by key, as it is, also what may not go out. Raises `CatalogueProblem`."""
    catalog = _open(path)
    found = {str(message.context): message for message in catalog if message.context}
    named = _examples(catalog)
    result = {}
    for key, source in sources.items():
        message = found.get(key) or Message(_msgid(source))
        texts = _forms(message)
        names = named if source.several else [""]
        is_old = bool(any(texts)) and (message.fuzzy or message.id != _msgid(source))
        padded = (*texts, *[""] * (len(names) - len(texts)))
        result[key] = Entry(
            tuple(zip(names, padded, strict=True)), _review(message), is_old, _said(message, _EXCEPTION)
        )
    return result


def messages(path: Path, language: str) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...], str]]:
    """What somebody's file says: key, Dutch, texts and state of each. Raises `CatalogueProblem`."""
    for message in _open(path, language):
        if message.context:
            dutch: Any = message.id
            said = tuple(map(str, dutch)) if isinstance(dutch, tuple | list) else (str(dutch),)
            yield str(message.context), said, _forms(message), OUTDATED if message.fuzzy else _said(message, _REVIEW)


def change(path: Path, sources: Mapping[str, Source], new: Mapping[str, Entry]) -> None:
    """Put other texts or states in place, each made for today's Dutch."""
    update(path, sources)
    catalog = _open(path)
    for message in catalog:
        entry = new.get(str(message.context))
        if entry is None:
            continue
        texts = tuple(text for _, text in entry.forms)
        message.string = texts if message.pluralizable else texts[0]  # Turkish has one form, in a list
        message.flags.discard("fuzzy")
        kept = [each for each in message.user_comments if not each.startswith((_REVIEW, _MEANING))]
        meaning = sources[str(message.context)].meaning
        meant = [f"{_MEANING}{meaning}"] if meaning > 1 else []
        message.user_comments = [f"{_REVIEW}{entry.state}", *meant, *kept]
    _write(path, catalog)


def _formula(catalog: Catalog, place: str) -> Callable[[int], int]:
    """The form for so many. gettext reads the formula as what it is; code in its place is no formula."""
    try:
        found: Callable[[int], int] = c2py(catalog.plural_expr)
    except ValueError:
        raise CatalogueProblem(f"{place}: the Plural-Forms in its head are no formula") from None
    return found


def _msgid(source: Source) -> Any:
    return (source.text, source.several) if source.several else source.text


def _forms(message: Message) -> tuple[str, ...]:
    """The translation, or one for each form that the language has where something is counted."""
    string: Any = message.string
    return tuple(str(each or "") for each in string) if isinstance(string, tuple | list) else (str(string or ""),)


def check(text: str, source: Source, place: str) -> None:
    """Raises `CatalogueProblem`."""
    if _placeholders(text) != _placeholders(source.text):
        wanted = " ".join(sorted(_placeholders(source.text))) or "none"
        raise CatalogueProblem(f"{place} must have the same words between {{}} as the Dutch: {wanted}")
    if wrong := _UNWANTED.search(text):
        raise CatalogueProblem(f"{place} holds U+{ord(wrong[0]):04X}, which may not stand in a text")


def _examples(catalog: Catalog) -> list[str]:
    """For translators: a few of the numbers that take each form."""
    which = c2py(catalog.plural_expr)
    numbers = (
        [str(number) for number in range(1, 120) if which(number) == form] for form in range(catalog.num_plurals)
    )
    return [", ".join(each[:4]) for each in numbers]


def _said(message: Message, what: str) -> str:
    """What a comment of the file says behind `what`, "" when none does."""
    return next((each.removeprefix(what) for each in message.user_comments if each.startswith(what)), "")


def _review(message: Message) -> str:
    found = _said(message, _REVIEW)
    return found if found in REVIEWS else REVIEWS[0]


def _meaning(message: Message) -> int:
    found = _said(message, _MEANING)
    return int(found) if found.isascii() and found.isdigit() else 1


def _fits(forms: tuple[str, ...], source: Source) -> bool:
    """Whether a text made for other Dutch can be filled in with what this one names."""
    return all(_placeholders(text) == _placeholders(source.text) for text in forms)


def _placeholders(text: str) -> set[str]:
    try:
        return {f"{{{name}}}" for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return {"an unclosed {"}
