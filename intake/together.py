"""Colleagues at one desk: whom a note names, handing a family over, to a colleague or to another desk.

Raises `DeskError`. Whoever calls has looked the conversation up among the person's desks.
"""

import re
from datetime import datetime

from intake.installation import Installation
from intake.problems import DeskError
from storage import audit, conversations, desks, registrations, staff, together, turns
from storage.database import Session
from storage.staff import Person
from storage.turns import Thread

_AT = re.compile(r"(?<!\S)@([a-z][\w.-]*\w)", re.IGNORECASE)
_ANSWERS = ("worker", "coordinator")  # whose work the queue is


def colleagues(session: Session, desk_id: str) -> dict[str, str]:
    """Who answers families of this desk: username -> id."""
    return staff.at_desk(session, desk_id, _ANSWERS)


def mention(session: Session, person: Person, thread: Thread, note: str, now: datetime) -> None:
    """Colleagues whom a note names (@name) find the conversation under what is theirs."""
    names = {name.lower() for name in _AT.findall(note)}
    known = colleagues(session, thread.desk_id) if names else {}
    if missing := sorted(names - set(known)):
        there = ", ".join(known)
        raise DeskError(422, "There is no colleague %(name)s here. There are: %(all)s", name=missing[0], all=there)
    asked = {known[name] for name in names} - {person.id}
    together.ask(session, thread, asked, person.id, together.MENTIONED, now)


def hand_to(session: Session, person: Person, thread: Thread, colleague_id: str, now: datetime) -> str:
    """To a colleague, who finds it under what is theirs; nobody is given it as the next family. Their name."""
    known = {id_: name for name, id_ in colleagues(session, thread.desk_id).items()}
    if colleague_id not in known or colleague_id == person.id:
        raise DeskError(422, "Choose a colleague.")
    conversations.release(session, thread.conversation_id, person.id)
    together.handed_no_more(session, thread.conversation_id)
    together.ask(session, thread, {colleague_id}, person.id, together.HANDED, now)
    audit.add(session, now, thread.desk_id, person.id, "handed_over", thread.conversation_id)
    return known[colleague_id]


def hand_to_desk(
    session: Session, here: Installation, person: Person, thread: Thread, desk_id: str, now: datetime
) -> tuple[Thread, str]:
    """To another desk of this installation, with all that was said; there it waits. The name of that desk."""
    there = next((each for each in desks.everything(session) if each.id == desk_id and each.id != thread.desk_id), None)
    if there is None:
        raise DeskError(422, "Choose another desk.")
    conversations.release(session, thread.conversation_id, person.id)
    audit.add(session, now, thread.desk_id, person.id, "handed_to_desk", thread.conversation_id)
    registrations.move(session, here.keys, thread.conversation_id, there.id, now, person.id)
    conversations.set_waiting(session, thread.conversation_id, now, "handed_over")
    audit.add(session, now, there.id, person.id, "handed_to_desk", thread.conversation_id)
    return thread._replace(desk_id=there.id), there.name


def note(session: Session, here: Installation, person: Person, thread: Thread, text: str, now: datetime) -> None:
    turns.add_message(
        session, here.keys, thread, direction="note", status="kept", at=now, author=person.id, body=text
    )  # fmt: skip
