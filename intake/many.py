"""One vetted phrase to many families: what each would get, who is left out and why, and the sending of just that."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flows.state import Status
from intake import phrases, saying
from intake.installation import Installation
from intake.phrases import Phrases
from intake.problems import DeskError
from intake.saying import Saying
from storage import conversations, turns
from storage.database import Session
from storage.models import Conversation
from storage.staff import Person
from storage.turns import Thread

MOST = 50  # families at once


@dataclass(frozen=True)
class Letter:
    """What one family would get. `why_not`: the code of why it is left out, "" when it is not."""

    conversation_id: str
    saying: Saying
    why_not: str
    is_untranslated: bool


def look(
    session: Session, here: Installation, person: Person, ids: list[str], key: str, given: Mapping[str, str],
    now: datetime,
) -> list[Letter]:  # fmt: skip
    """What each of these families would get, of the desks of this person. Raises `DeskError` when a field is empty."""
    if not ids:
        raise DeskError(422, "Choose at least one family.")
    if len(ids) > MOST:
        raise DeskError(422, "Choose at most %(most)s families at once.", most=MOST)
    known: dict[str, Phrases] = {}
    found = []
    for id_ in sorted(ids):  # always locked in the same order
        thread = turns.of_conversation(session, here.keys, id_, person.desk_ids)
        if thread is not None:
            known.setdefault(thread.desk_id, phrases.of_desk(session, here, thread.desk_id))
            found.append(_letter(session, here, thread, person, key, given, known[thread.desk_id], now))
    return found


def send(
    session: Session, here: Installation, person: Person, ids: list[str], key: str, given: Mapping[str, str],
    once: str, now: datetime,
) -> tuple[int, int]:  # fmt: skip
    """How many got it, and how many were left out. `once`: of the preview, so that a second press sends nothing."""
    if not turns.is_new(session, "desk", "many", once[:64], now):
        raise DeskError(409, "This was sent already.")
    letters = look(session, here, person, ids, key, given, now)
    sent = 0
    for letter in letters:
        if not letter.why_not:
            sent += 1
            thread = turns.of_conversation(session, here.keys, letter.conversation_id, person.desk_ids)
            assert thread is not None
            saying.send(session, here, person, thread, letter.saying, now)
    return sent, len(ids) - sent


def _letter(
    session: Session, here: Installation, thread: Thread, person: Person, key: str, given: Mapping[str, str],
    of: Phrases, now: datetime,
) -> Letter:  # fmt: skip
    why_not = _why_not(session, thread, person, now)
    phrase = of.get(key)
    is_untranslated = not of.wording.is_translated(phrase.said_as, thread.language)
    if is_untranslated and not phrase.dutch_too:
        said = Saying(thread, (), None, thread.language, is_held=False)
        return Letter(thread.conversation_id, said, why_not or "untranslated", is_untranslated)
    said = saying.filled_in(session, here, thread, key, given, of, now)
    return Letter(thread.conversation_id, said, why_not, is_untranslated)


def _why_not(session: Session, thread: Thread, person: Person, now: datetime) -> str:
    row = session.get_one(Conversation, thread.conversation_id)
    if thread.status == Status.CLOSED:
        return "closed"
    if thread.status == Status.WITH_BOT:
        return "answering"
    if conversations.holder(row, now) not in (None, person.id):
        return "held"
    return saying.why_not(thread)
