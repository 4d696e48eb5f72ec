"""Translations: one gettext file a language, read at start and kept in memory.

`msgctxt` is our key and `msgid` the Dutch it was made from. Three states of review travel as flags and comments of
the file: fuzzy (the Dutch changed since), `review: draft`, `review: read back`, `review: native`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import Protocol

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import PoFileError, read_po, write_po

from locales.languages import Languages

FILE = "family.po"
SOURCE = "source"
REVIEWS = ("draft", "read back", "native")
_REVIEW = "review: "
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


class CatalogueProblem(ValueError):
    """A catalogue that cannot be used: one sentence with file and key."""


@dataclass(frozen=True)
class Catalogue:
    """`texts`: key -> text that may go out. `doubtful`: keys for which the Dutch goes out until somebody looks."""

    language: str
    texts: Mapping[str, str]
    doubtful: tuple[str, ...]
    review: Mapping[str, str]  # key -> one of REVIEWS


def load(folder: Path, sources: Mapping[str, Source], languages: Languages) -> dict[str, Catalogue]:
    """Every language below `folder` that is not the source. Raises `CatalogueProblem`."""
    codes = (code for code, language in languages.items() if language.review != SOURCE)
    return {code: read(folder / code / FILE, sources) for code in codes}


def read(path: Path, sources: Mapping[str, Source]) -> Catalogue:
    """The translations in `path`. Raises `CatalogueProblem` when a key is missing or placeholders differ."""
    catalog, place = _open(path), f"{path.parent.name}/{path.name}"
    found = {str(message.context): message for message in catalog if message.context}
    texts, doubtful, review = {}, [], {}
    for key, source in sources.items():
        message = found.get(key)
        if message is None:
            raise CatalogueProblem(f"{place}: {key} is missing; `python -m intake language update` adds it")
        text = str(message.string or "")
        if not text or message.fuzzy or message.id != source.text:
            doubtful.append(key)
            continue
        if _placeholders(text) != _placeholders(source.text):
            wanted = " ".join(sorted(_placeholders(source.text))) or "none"
            raise CatalogueProblem(f"{place}: {key} must have the same words between {{}} as the Dutch: {wanted}")
        if wrong := _UNWANTED.search(text):
            raise CatalogueProblem(f"{place}: {key} holds U+{ord(wrong[0]):04X}, which may not stand in a text")
        texts[key], review[key] = text, _review(message)
    return Catalogue(path.parent.name, texts, tuple(doubtful), review)


def update(path: Path, sources: Mapping[str, Source]) -> tuple[str, ...]:
    """Bring a file in step with the Dutch, by key; returns the keys that somebody must look at.

    New keys come in empty, gone keys go, and a text made for other Dutch stays, marked fuzzy.
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
        text, flags, comments = "", set(), [f"{_REVIEW}draft"]
        if message is not None:
            text, comments = str(message.string or ""), list(message.user_comments)
            flags = {"fuzzy"} & (set(message.flags) | ({"fuzzy"} if message.id != source.text and text else set()))
        if flags or not text:
            changed.append(key)
        new.add(source.text, text, context=key, flags=flags, user_comments=comments, auto_comments=[source.context])
    with path.open("wb") as file:
        write_po(file, new, width=110, sort_output=False, omit_header=False, ignore_obsolete=True)
    return tuple(changed)


def _open(path: Path) -> Catalog:
    try:
        with path.open("rb") as file:
            found = read_po(file, locale=path.parent.name, charset="utf-8", abort_invalid=True)
    except FileNotFoundError:
        raise CatalogueProblem(f"{path.parent.name}/{path.name} is missing: every language needs one") from None
    except (PoFileError, UnicodeDecodeError) as error:
        raise CatalogueProblem(f"{path.parent.name}/{path.name} cannot be read: {error}") from None
    if found.charset.lower() != "utf-8":
        raise CatalogueProblem(f"{path.parent.name}/{path.name} must be in UTF-8, not {found.charset}")
    return found


def _review(message: Message) -> str:
    said = [comment.removeprefix(_REVIEW) for comment in message.user_comments if comment.startswith(_REVIEW)]
    return said[0] if said and said[0] in REVIEWS else REVIEWS[0]


def _placeholders(text: str) -> set[str]:
    try:
        return {f"{{{name}}}" for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return {"an unclosed {"}
