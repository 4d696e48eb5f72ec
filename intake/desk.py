"""Setting up desks."""

import re
from collections.abc import Sequence

from locales import languages as known
from storage import clock, desks
from storage.database import Database, Session
from storage.keys import Keys


class WrongDesk(ValueError):
    """What was asked for a desk cannot be. One sentence."""


def add(
    database: Database,
    keys: Keys,
    slug: str,
    name: str,
    number: str,
    postcodes: Sequence[str],
    languages: Sequence[str],
) -> None:
    """A new desk. Raises `WrongDesk`, or `storage.desks.DeskProblem` when it is in another one's way."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", slug):
        raise WrongDesk(f"{slug}: write the short name in small letters, figures and dashes")
    if not re.fullmatch(r"\+[1-9]\d{6,14}", number):
        raise WrongDesk("--number: write it as +3290000001")
    if wrong := [each for each in postcodes if not re.fullmatch(r"[1-9]\d{3}", each)]:
        raise WrongDesk(f"--postcodes: {wrong[0]!r} is no postcode of four figures")
    if wrong := [each for each in languages if each not in known.load()]:
        raise WrongDesk(f"--languages: {wrong[0]!r} is not among {', '.join(known.load())}")
    choices = desks.Choices(languages=tuple(languages))

    def work(session: Session) -> None:
        desks.add(session, keys, clock.system_now(), slug, name, number, postcodes, choices)

    database.write(work).result()
