"""A desk's own meaning of "unanswered": kept as data, in versions, beside those of `flows/definitions.yaml`.

A version is called "name@2"; the bare name is the newest. What a report was counted by can be had again for ever.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flows import definitions
from flows.definitions import OUTCOMES, Definition
from intake.desk import DeskError
from storage import audit, desks
from storage import definitions as kept
from storage.database import Session
from storage.models import OwnDefinition
from storage.staff import Person

_LONGEST = {"title": 60, "explanation": 600, "source": 120, "open": 400}  # characters
_NAME = re.compile(r"[a-z][a-z0-9-]{2,39}")
_FIRST, _LAST, _MOST_DAYS = 2019, 2098, 366


@dataclass(frozen=True)
class Given:
    """What a coordinator typed. `outcomes`: "no_place:full", …; years and days: "" where none."""

    desk: str
    name: str
    title: str
    explanation: str
    source: str
    open: str = ""
    from_year: str = ""
    until_year: str = ""
    outcomes: tuple[str, ...] = ()
    before_start: bool = False
    reply_within: str = ""


def known(session: Session, desk_ids: Collection[str]) -> list[tuple[OwnDefinition, Definition]]:
    """Every version of these desks' own definitions, by name, the newest of each first."""
    return [(row, _read(row)) for row in kept.of_desks(session, desk_ids)]


def find(session: Session, id_: str, desk_ids: Collection[str]) -> Definition | None:
    """The version that is asked for, or the newest one of that name; of these desks alone."""
    name, _, version = id_.partition("@")
    rows = (row for row in kept.of_desks(session, desk_ids) if row.name == name and version in ("", str(row.version)))
    return next(map(_read, rows), None)


def keep(session: Session, person: Person, given: Given, now: datetime) -> str:
    """A first version, or the next one; its id. Raises `DeskError`."""
    desk = desks.by_slug(session, given.desk)
    if desk is None or desk.id not in person.desk_ids:
        raise DeskError(422, "Choose one of your desks.")
    if not _NAME.fullmatch(given.name) or definitions.load().get(given.name):
        raise DeskError(
            422, "Give a short name of your own: 3 to 40 small letters, digits and hyphens, a letter first."
        )  # fmt: skip
    found = _checked(given)
    before = kept.newest(session, given.name)
    if before is not None and before.desk_id != desk.id:
        raise DeskError(422, "Another desk has a definition of this name. Choose another name.")
    version = before.version + 1 if before else 1
    content = found.model_dump_json(exclude_defaults=True, exclude={"id"})
    if before is not None and before.content == content:
        raise DeskError(422, "Nothing is otherwise than in the version before.")
    kept.add(session, desk.id, given.name, version, content, person.id, now)
    audit.add(session, now, desk.id, person.id, "defined", f"{given.name}@{version}")
    return f"{given.name}@{version}"


def _read(row: OwnDefinition) -> Definition:
    return Definition.model_validate_json(f'{{"id": "{row.name}@{row.version}", {row.content[1:]}')


def _checked(given: Given) -> Definition:
    texts = {name: getattr(given, name).strip() for name in _LONGEST}
    if not all(texts[name] for name in ("title", "explanation", "source")):
        raise DeskError(422, "Give it a title, say in Dutch what it means, and where it comes from.")
    for name, most in _LONGEST.items():
        if len(texts[name]) > most:
            raise DeskError(422, "This is too long: at most %(most)s characters.", most=most)
    first, last = (_number(year, _FIRST, _LAST) for year in (given.from_year, given.until_year))
    if first and last and first > last:
        raise DeskError(422, "The first year comes after the last one.")
    outcomes = frozenset(given.outcomes)
    if not outcomes <= OUTCOMES:
        raise DeskError(422, "Choose outcomes of the list.")
    within = _number(given.reply_within, 1, _MOST_DAYS)
    if not (outcomes or given.before_start or within):
        raise DeskError(422, "Choose at least one outcome, or one of the two terms: else nothing is ever unanswered.")
    return Definition(
        id=given.name, name=texts["title"], explanation=texts["explanation"], source=texts["source"],
        open=texts["open"], from_year=first, until_year=last, outcomes=outcomes, before_start=given.before_start,
        reply_within=within,
    )  # fmt: skip


def _number(text: str, least: int, most: int) -> int | None:
    if not text.strip():
        return None
    if not re.fullmatch(r"[0-9]{1,4}", text.strip()) or not least <= int(text) <= most:
        raise DeskError(422, "Give a number from %(least)s to %(most)s.", least=least, most=most)
    return int(text)
