"""Setting up desks and the accounts of who works there."""

import json
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from pydantic import ValidationError

from flows.answers import Flag
from intake import childcare, opening_hours
from intake.choosing import AUDITED, REPORTED
from locales import languages as known
from storage import audit, clock, desks, staff
from storage.database import Database, Session
from storage.keys import Keys


class WrongSetUp(ValueError):
    """What was asked for a desk or an account cannot be. One sentence."""


def add_desk(
    database: Database,
    keys: Keys,
    slug: str,
    name: str,
    number: str,
    postcodes: Sequence[str],
    languages: Sequence[str],
    numbers: Mapping[str, str | None] = MappingProxyType({}),
) -> None:
    """A new desk. `numbers`: those that differ from `number`, by channel or "caller-id".

    Raises `WrongSetUp`, or `storage.desks.DeskProblem` when it is in another one's way.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", slug):
        raise WrongSetUp(f"{slug}: write the short name in small letters, figures and dashes")
    for option, given in {"number": number, **numbers}.items():
        if given is not None and not re.fullmatch(r"\+[1-9]\d{6,14}", given):
            raise WrongSetUp(f"--{option}: write it as +3290000001")
    if wrong := [each for each in postcodes if not re.fullmatch(r"[1-9]\d{3}", each)]:
        raise WrongSetUp(f"--postcodes: {wrong[0]!r} is no postcode of four figures")
    if wrong := [each for each in languages if each not in known.load()]:
        raise WrongSetUp(f"--languages: {wrong[0]!r} is not among {', '.join(known.load())}")
    choices = desks.Choices(languages=tuple(languages), caller_id=numbers.get("caller-id") or "")
    own = {channel: given for channel in desks.CHANNELS if (given := numbers.get(channel))}

    def work(session: Session) -> None:
        now = clock.system_now()
        desk = desks.add(session, keys, now, slug, name, number, postcodes, choices, own)
        audit.add(session, now, desk.id, "", "desk_added", desk.id)

    database.write(work).result()


def open_desk(database: Database, slug: str, hours: str, phone: str | None, address: str | None = None) -> None:
    """When a desk is open, its own phone and where it is (None: as it is). Raises `WrongSetUp`."""
    if not opening_hours.is_valid(hours):
        raise WrongSetUp(f"{hours!r} cannot be read: write it as Mo-Fr 09:00-12:00,13:00-16:00; PH off")
    if phone is not None and not re.fullmatch(r"\+[1-9]\d{6,14}", phone):
        raise WrongSetUp("--phone: write it as +3290000009")

    if address is not None and (len(address) > 80 or set(address) & set("<>\n")):
        raise WrongSetUp("--address: write it in one line of at most 80 characters")

    def work(session: Session) -> None:
        desk = desks.by_slug(session, slug)
        if desk is None:
            raise WrongSetUp(f"there is no desk {slug}: `python -m intake desk list` shows them")
        given = {"hours": hours, "desk_phone": phone, "address": address}
        changes = {name: each for name, each in given.items() if each is not None}
        desks.choose(session, desk, desks.choices(desk).model_copy(update=changes))
        audit.add(session, clock.system_now(), desk.id, "", "hours_changed", desk.id)

    database.write(work).result()


def take_childcare(database: Database, slug: str, found: childcare.Read) -> None:
    """A list of childcare in the place of the one before. Raises `WrongSetUp`."""

    def work(session: Session) -> None:
        desk = desks.by_slug(session, slug)
        if desk is None:
            raise WrongSetUp(f"there is no desk {slug}: `python -m intake desk list` shows them")
        childcare.take(session, desk.id, "", found, clock.system_now())

    database.write(work).result()


def add_staff(database: Database, username: str, slugs: Sequence[str], role: str) -> str:
    """A new account; the secret of its one-time link. Raises `WrongSetUp` or `storage.staff.StaffProblem`."""
    if not re.fullmatch(r"[a-z][a-z0-9._-]{1,30}", username):
        raise WrongSetUp(f"{username}: write the name in small letters, figures, dots and dashes")

    def work(session: Session) -> str:
        found = {slug: desks.by_slug(session, slug) for slug in slugs}
        if missing := [slug for slug, desk in found.items() if desk is None]:
            raise WrongSetUp(f"there is no desk {missing[0]}: `python -m intake desk list` shows them")
        ids = [desk.id for desk in found.values() if desk is not None]
        now = clock.system_now()
        secret = staff.add(session, now, username, role, ids)
        added = staff.find(session, username)
        audit.add(session, now, ids[0] if ids else None, "", "account_added", added.id if added else "")
        return secret

    return database.write(work).result()


def follow_up_desk(database: Database, slug: str, changes: Mapping[str, object]) -> desks.Choices:
    """Whether and when families are asked if they found childcare; what a desk chose then. Raises `WrongSetUp`."""

    def work(session: Session) -> desks.Choices:
        desk = desks.by_slug(session, slug)
        if desk is None:
            raise WrongSetUp(f"there is no desk {slug}: `python -m intake desk list` shows them")
        try:
            chosen = desks.Choices.model_validate({**desks.choices(desk).model_dump(), **changes})
        except ValidationError as problem:
            (wrong, *_) = problem.errors()
            option = str(wrong["loc"][0]).removeprefix("follow_up_")
            raise WrongSetUp(f"--{option}: {wrong['msg'].lower()}") from None
        desks.choose(session, desk, chosen)
        audit.add(session, clock.system_now(), desk.id, "", "follow_up_changed", desk.id)
        return chosen

    return database.write(work).result()


def categories_of(database: Database, slug: str, year: int, flags: Sequence[str] | None) -> None:
    """Which categories are reported for a year of a desk; None: the usual ones again. Raises `WrongSetUp`."""
    known = [flag.value for flag in Flag]
    if year not in REPORTED:
        raise WrongSetUp(f"{year}: give a year from {REPORTED[0]} to {REPORTED[-1]}")
    if unknown := [each for each in flags or () if each not in known]:
        raise WrongSetUp(f"{unknown[0]}: choose among {', '.join(known)}")

    def work(session: Session) -> None:
        desk = desks.by_slug(session, slug)
        if desk is None:
            raise WrongSetUp(f"there is no desk {slug}: `python -m intake desk list` shows them")
        before = desks.choices(desk)
        own = {each: kept for each, kept in before.registered.items() if each != year}
        if flags is not None:
            own[year] = tuple(each for each in known if each in flags)
        after = before.model_copy(update={"registered": own})
        desks.choose(session, desk, after)
        told = [json.dumps(each.registered) for each in (before, after)]
        audit.add(session, clock.system_now(), desk.id, "", AUDITED, "registered", *told)

    database.write(work).result()
